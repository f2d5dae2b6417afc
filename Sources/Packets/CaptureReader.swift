/// Takes the content of a capture file apart into packets, as it comes.
struct CaptureReader {
    enum Item {
        case packet(CapturedPacket)
        case interface(number: UInt16, name: String?)
        case drops(CaptureDrops)
    }

    private enum Layout {
        case classic(ClassicCapture)
        case blocks
    }

    private var layout: Layout?
    private var blocks = BlockCapture()
    /// Where the piece that is read begins in the content.
    private var offset = 0
    private var number = 0

    static func isCapture(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4 else { return false }
        let first = bytes.span.big32(0)
        return first == BlockCapture.magic || ClassicCapture.magic(first) != nil
    }

    /// Reads what comes next in a piece, from a place, which moves on.
    ///
    /// - Returns: nil where the rest of the piece is nothing whole.
    mutating func next(_ bytes: Span<UInt8>, _ place: inout Int) throws(CaptureFault) -> Item? {
        if layout == nil, try !begin(bytes, &place) { return nil }
        while true {
            switch layout {
            case .classic(let capture):
                guard let read = try capture.packet(bytes, at: place, number: number + 1, offset: offset) else {
                    return nil
                }
                place = read.next
                number += 1
                return .packet(read.packet)
            case .blocks, nil:
                guard let read = try blocks.block(bytes, at: place, number: number + 1, offset: offset) else {
                    return nil
                }
                place = read.next
                switch read.block {
                case .packet(let packet):
                    number += 1
                    return .packet(packet)
                case .interface(let number, let name): return .interface(number: number, name: name)
                case .drops(let drops): return .drops(drops)
                case .other: continue
                }
            }
        }
    }

    /// Goes on to a piece that begins so many bytes further on.
    mutating func advance(_ count: Int) { offset += count }

    /// Says that the content is over, of which so many bytes are no whole packet.
    func finish(rest: Int) throws(CaptureFault) {
        if layout == nil {
            throw CaptureFault(offset: rest, reason: "it is no capture: it ends within its heading")
        }
        if rest > 0 {
            throw CaptureFault(
                offset: offset, reason: "the file ends within what follows packet \(number): \(rest) bytes are there")
        }
    }

    private mutating func begin(_ bytes: Span<UInt8>, _ place: inout Int) throws(CaptureFault) -> Bool {
        guard bytes.count >= 4 else { return false }
        if bytes.big32(0) == BlockCapture.magic {
            layout = .blocks
            return true
        }
        if ClassicCapture.magic(bytes.big32(0)) != nil, bytes.count < ClassicCapture.headingLength { return false }
        guard bytes.count >= ClassicCapture.headingLength else {
            throw CaptureFault(offset: 0, reason: "it is no capture: it begins neither as pcap nor as pcapng does")
        }
        layout = .classic(try ClassicCapture(bytes))
        place = ClassicCapture.headingLength
        return true
    }
}

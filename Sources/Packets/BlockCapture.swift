/// The layout of a pcapng file: blocks, of which some are packets, in sections with interfaces of their own.
struct BlockCapture {
    private struct Interface {
        let link: LinkType
        let snapLength: Int
        var time = CaptureTime.microseconds
        var name: String?
        /// Packets that were stated as missed.
        var drops: UInt64 = 0
    }

    enum Block {
        case packet(CapturedPacket)
        case interface(number: UInt16, name: String?)
        case drops(CaptureDrops)
        /// What tells nothing of flows.
        case other
    }

    static let magic: UInt32 = 0x0a0d_0d0a
    /// A longer block is none; libpcap's bound.
    static let longestBlock = 16 << 20
    private static let mostInterfaces = 1 << 16

    private var order = ByteOrder.little
    /// Of all sections.
    private var interfaces: [Interface] = []
    /// Interfaces of the sections before this one.
    private var before = 0
    /// The instant of the packet before: a simple packet has none of its own.
    private var latest: Int64?

    /// Reads the block that begins at a place.
    ///
    /// - Returns: The block and where the next one begins; nil where it is not whole yet.
    mutating func block(
        _ bytes: Span<UInt8>, at place: Int, number: Int, offset: Int
    ) throws(CaptureFault) -> (block: Block, next: Int)? {
        guard bytes.count - place >= 12 else { return nil }
        let at = offset + place
        if bytes.big32(place) == Self.magic {
            switch bytes.big32(place + 8) {
            case 0x1a2b_3c4d: order = .big
            case 0x4d3c_2b1a: order = .little
            default: throw CaptureFault(offset: at + 8, reason: "a section has no order of bytes")
            }
        }
        let length = Int(order.read32(bytes, place + 4))
        guard length >= 12, length % 4 == 0, length <= Self.longestBlock else {
            throw CaptureFault(offset: at, reason: "a block claims \(length) bytes")
        }
        guard bytes.count - place >= length else { return nil }
        guard order.read32(bytes, place + length - 4) == UInt32(length) else {
            throw CaptureFault(offset: at, reason: "a block's two lengths differ")
        }
        let body = place + 8..<place + length - 4
        let block: Block
        switch bytes.big32(place) == Self.magic ? Self.magic : order.read32(bytes, place) {
        case Self.magic: block = try section(bytes, body, at)
        case 1: block = try interface(bytes, body, at)
        case 2: block = try packet(bytes, body, at, number, isOld: true)
        case 3: block = try simplePacket(bytes, body, at, number)
        case 5: block = try statistics(bytes, body, at)
        case 6: block = try packet(bytes, body, at, number, isOld: false)
        default: block = .other
        }
        return (block, place + length)
    }

    private mutating func section(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ at: Int
    ) throws(CaptureFault) -> Block {
        try need(16, body, at, "a section")
        let major = order.read16(bytes, body.lowerBound + 4)
        guard major == 1 else {
            throw CaptureFault(offset: at, reason: "a section of version \(major) is not known; 1 is")
        }
        before = interfaces.count
        latest = nil
        return .other
    }

    private mutating func interface(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ at: Int
    ) throws(CaptureFault) -> Block {
        try need(8, body, at, "an interface")
        guard interfaces.count < Self.mostInterfaces else {
            throw CaptureFault(offset: at, reason: "the file has more than \(Self.mostInterfaces) interfaces")
        }
        let link = LinkType(rawValue: order.read16(bytes, body.lowerBound))
        let snapLength = Int(order.read32(bytes, body.lowerBound + 4))
        var interface = Interface(link: link, snapLength: snapLength == 0 ? .max : snapLength)
        var (resolution, shift) = (UInt8(6), Int64(0))
        options(bytes, body.lowerBound + 8..<body.upperBound) { code, value in
            switch (code, value.count) {
            case (2, 1...64):
                let text = value.map { bytes[$0] }
                interface.name = String(validating: text.prefix { $0 != 0 }, as: UTF8.self)
            case (9, 1): resolution = bytes[value.lowerBound]
            case (14, 8): shift = Int64(bitPattern: order.read64(bytes, value.lowerBound))
            default: break
            }
        }
        interface.time = CaptureTime(resolution: resolution, offset: shift)
        interfaces.append(interface)
        return .interface(number: UInt16(interfaces.count - 1), name: interface.name)
    }

    private mutating func packet(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ at: Int, _ number: Int, isOld: Bool
    ) throws(CaptureFault) -> Block {
        try need(20, body, at, "packet \(number)")
        let start = body.lowerBound
        let index = isOld ? Int(order.read16(bytes, start)) : Int(order.read32(bytes, start))
        let interface = try known(index, at, number)
        let length = Int(order.read32(bytes, start + 12))
        try need(20 + length, body, at, "packet \(number)")
        let instant = interface.time.instant(order.readHalves(bytes, start + 4))
        latest = instant ?? latest
        return .packet(
            CapturedPacket(
                number: number, instant: instant, bytes: start + 20..<start + 20 + length,
                originalLength: max(length, Int(order.read32(bytes, start + 16))), link: interface.link,
                interface: UInt16(before + index)))
    }

    private func simplePacket(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ at: Int, _ number: Int
    ) throws(CaptureFault) -> Block {
        try need(4, body, at, "packet \(number)")
        let interface = try known(0, at, number)
        let original = Int(order.read32(bytes, body.lowerBound))
        let length = min(original, interface.snapLength, body.count - 4)
        return .packet(
            CapturedPacket(
                number: number, instant: latest, bytes: body.lowerBound + 4..<body.lowerBound + 4 + length,
                originalLength: original, link: interface.link, interface: UInt16(before)))
    }

    /// What was missed since the block before of the same interface; the file's numbers go up from the capture's beginning.
    private mutating func statistics(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ at: Int
    ) throws(CaptureFault) -> Block {
        try need(12, body, at, "statistics")
        let index = Int(order.read32(bytes, body.lowerBound))
        let interface = try known(index, at, nil)
        let written = interface.time.instant(order.readHalves(bytes, body.lowerBound + 4))
        var (start, end) = (written, written)
        var drops: UInt64 = 0
        options(bytes, body.lowerBound + 12..<body.upperBound) { code, value in
            guard value.count == 8 else { return }
            switch code {
            case 2: start = interface.time.instant(order.readHalves(bytes, value.lowerBound)) ?? start
            case 3: end = interface.time.instant(order.readHalves(bytes, value.lowerBound)) ?? end
            // By the interface and by the operating system.
            case 5, 7: drops = drops.addingReportingOverflow(order.read64(bytes, value.lowerBound)).partialValue
            default: break
            }
        }
        guard drops > interface.drops, let start, let end, end >= start else { return .other }
        interfaces[before + index].drops = drops
        return .drops(
            CaptureDrops(interface: interface.name, packets: drops - interface.drops, start: start, end: end))
    }

    private func known(_ index: Int, _ at: Int, _ number: Int?) throws(CaptureFault) -> Interface {
        guard index < interfaces.count - before else {
            let what = number.map { "packet \($0)" } ?? "a block of statistics"
            throw CaptureFault(
                offset: at, reason: "\(what) names interface \(index), where there are \(interfaces.count - before)")
        }
        return interfaces[before + index]
    }

    private func need(_ count: Int, _ body: Range<Int>, _ at: Int, _ what: String) throws(CaptureFault) {
        guard body.count >= count else {
            throw CaptureFault(offset: at, reason: "\(what) has \(body.count) bytes, where \(count) are the least")
        }
    }

    /// Hands over a block's options; what is no whole option ends them.
    private func options(_ bytes: Span<UInt8>, _ range: Range<Int>, _ take: (UInt16, Range<Int>) -> Void) {
        var place = range.lowerBound
        while range.upperBound - place >= 4 {
            let (code, length) = (order.read16(bytes, place), Int(order.read16(bytes, place + 2)))
            guard code != 0, range.upperBound - place - 4 >= length else { return }
            take(code, place + 4..<place + 4 + length)
            place += 4 + (length + 3) / 4 * 4
        }
    }
}

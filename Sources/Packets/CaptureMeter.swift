/// Reads a capture file (pcap or pcapng) as it comes, and says what flows its packets are of.
///
/// What came out is taken away after each piece; memory is bounded by the settings, the largest block, and a piece's flows.
package struct CaptureMeter {
    /// A packet that is not understood.
    package struct Oddity: Hashable, Sendable {
        package let packet: Int
        package let reason: PacketOddity
    }

    private var reader = CaptureReader()
    private var decoder = PacketDecoder()
    private var meter: FlowMeter
    /// The beginning of what is not whole yet.
    private var rest: [UInt8] = []
    /// Packets of other protocols than IP.
    package private(set) var otherPackets = 0
    /// Packets that were not understood; the first of each piece are kept.
    package private(set) var oddPackets = 0
    private var oddities: [Oddity] = []
    private var drops: [CaptureDrops] = []
    private static let mostOddities = 10

    package init(_ settings: MeterSettings = MeterSettings()) { meter = FlowMeter(settings) }

    /// Whether content that begins so is a capture.
    package static func fits(_ bytes: [UInt8]) -> Bool { CaptureReader.isCapture(bytes) }

    /// Reads a further piece of the content; after a fault there is none.
    package mutating func add(_ bytes: [UInt8]) throws(CaptureFault) {
        var piece = bytes
        if !rest.isEmpty {
            rest += bytes
            swap(&rest, &piece)
        }
        rest = []
        let place = try read(piece.span)
        rest = Array(piece[place...])
        reader.advance(place)
    }

    /// Says that the content is over. What is open stays so until `endNext`.
    package func finish() throws(CaptureFault) { try reader.finish(rest: rest.count) }

    /// Ends some of the flows that are open, where nothing comes any more; false where none is left.
    package mutating func endNext(_ count: Int) -> Bool { meter.endNext(count) }

    package mutating func takeFlows() -> [MeteredFlow] { meter.takeEnded() }

    package mutating func takeOddities() -> [Oddity] {
        defer { oddities = [] }
        return oddities
    }

    package mutating func takeDrops() -> [CaptureDrops] {
        defer { drops = [] }
        return drops
    }

    private mutating func read(_ bytes: Span<UInt8>) throws(CaptureFault) -> Int {
        var place = 0
        while let item = try reader.next(bytes, &place) {
            switch item {
            case .packet(let packet): take(packet, bytes)
            case .interface(let number, let name): meter.name(number, name)
            case .drops(let dropped): drops.append(dropped)
            }
        }
        return place
    }

    private mutating func take(_ packet: CapturedPacket, _ bytes: Span<UInt8>) {
        guard let instant = packet.instant else { return keep(packet, .noTime) }
        var facts = PacketFacts()
        switch decoder.read(bytes, packet, at: instant, into: &facts) {
        case .packet: meter.take(facts, at: instant, number: packet.number)
        case .other: otherPackets += 1
        case .odd(let reason): keep(packet, reason)
        }
    }

    private mutating func keep(_ packet: CapturedPacket, _ reason: PacketOddity) {
        oddPackets += 1
        if oddities.count < Self.mostOddities { oddities.append(Oddity(packet: packet.number, reason: reason)) }
    }
}

package import Model

/// What a session did of which its VPC has nothing recorded: counts for the books, without who or where.
///
/// They are in the spool one session each, because a successor must know of each what was counted already.
package struct UncollectedSession: Hashable, Sendable {
    /// Position in the host's spool, counted together with the records.
    package var sequence: UInt64
    package let connection: UInt64
    package let interface: Identifier<Interface>
    package let direction: Direction
    package let isEnded: Bool
    package let windowStart: Timestamp
    package let fromInitiator: Traffic
    package let fromTarget: Traffic
    package let cumulativeFromInitiator: Traffic
    package let cumulativeFromTarget: Traffic

    /// What is left of a record.
    package init(_ record: FlowRecord) {
        sequence = record.sequence
        connection = record.connection
        interface = record.interface
        direction = record.direction
        isEnded = record.state == .ended
        windowStart = record.windowStart
        fromInitiator = record.fromInitiator
        fromTarget = record.fromTarget
        cumulativeFromInitiator = record.cumulativeFromInitiator
        cumulativeFromTarget = record.cumulativeFromTarget
    }

    /// The counts that are not zero, with the way that each went.
    package var ways: [(way: Way, traffic: Traffic)] {
        let way = Way(initiatorOf: direction)
        return [(way, fromInitiator), (way.opposite, fromTarget)].filter { !$0.1.isZero }
    }
}

extension UncollectedSession {
    /// Bytes of one.
    static let size = 106

    /// 106 bytes: sequence, connection, interface id, direction's code, whether it ended, window's start; then packets and bytes from the
    /// initiator, from the target, and the same since the session began.
    func encode(into bytes: inout [UInt8]) {
        for word in [sequence, connection, interface.high, interface.low] { RecordCodec.append(word, &bytes) }
        bytes += [direction.code, isEnded ? 1 : 0]
        RecordCodec.append(UInt64(bitPattern: windowStart.nanoseconds), &bytes)
        for traffic in [fromInitiator, fromTarget, cumulativeFromInitiator, cumulativeFromTarget] {
            RecordCodec.append(traffic.packets, &bytes)
            RecordCodec.append(traffic.bytes, &bytes)
        }
    }

    /// Reads one at an offset; nil when it is cut off or a field holds no known value.
    init?(_ bytes: [UInt8], at offset: Int = 0) {
        guard offset + Self.size <= bytes.count, let direction = Direction(code: bytes[offset + 32]),
            bytes[offset + 33] <= 1
        else { return nil }
        func word(_ at: Int) -> UInt64 { RecordCodec.load(bytes, offset + at) }
        func traffic(_ at: Int) -> Traffic { Traffic(packets: word(at), bytes: word(at + 8)) }
        (sequence, connection) = (word(0), word(8))
        interface = Identifier(high: word(16), low: word(24))
        self.direction = direction
        isEnded = bytes[offset + 33] == 1
        windowStart = Timestamp(nanoseconds: Int64(bitPattern: word(34)))
        (fromInitiator, fromTarget) = (traffic(42), traffic(58))
        (cumulativeFromInitiator, cumulativeFromTarget) = (traffic(74), traffic(90))
    }
}

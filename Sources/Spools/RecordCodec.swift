package import Model

/// The spool's form of a flow record: 200 bytes, little endian.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | sequence |
/// | 8 | 8 × 5 | window start, window end, start, end, connection start: nanoseconds since 1970 |
/// | 48 | 8 | connection |
/// | 56 | 16 | interface id |
/// | 72 | 16 | rule id |
/// | 88 | 4 | revision |
/// | 92 | 1 × 7 | direction, verdict, stage by their codes (`Model`), state, detail, family, protocol |
/// | 99 | 1 | zero |
/// | 100 | 2 × 2 | initiator port, target port |
/// | 104 | 16 × 2 | initiator address, target address; IPv4 in the last four bytes |
/// | 136 | 8 × 8 | packets and bytes from the initiator, from the target, then the same since the session began |
package enum RecordCodec {
    package static let size = 200

    package static func encode(_ record: FlowRecord, into bytes: inout [UInt8]) {
        append(record.sequence, &bytes)
        for instant in [record.windowStart, record.windowEnd, record.start, record.end, record.connectionStart] {
            append(UInt64(bitPattern: instant.nanoseconds), &bytes)
        }
        append(record.connection, &bytes)
        append(record.interface.high, &bytes)
        append(record.interface.low, &bytes)
        append(record.rule.high, &bytes)
        append(record.rule.low, &bytes)
        append(UInt32(truncatingIfNeeded: record.revision), &bytes)
        bytes.append(record.direction.code)
        bytes.append(record.verdict.code)
        bytes.append(record.stage.code)
        bytes.append(record.state.rawValue)
        bytes.append(record.detail.rawValue)
        bytes.append(record.key.initiator.family.rawValue)
        bytes.append(record.key.transport.rawValue)
        bytes.append(0)
        append(record.key.initiatorPort, &bytes)
        append(record.key.targetPort, &bytes)
        for address in [record.key.initiator, record.key.target] {
            append(address.high, &bytes)
            append(address.low, &bytes)
        }
        for traffic in [
            record.fromInitiator, record.fromTarget, record.cumulativeFromInitiator, record.cumulativeFromTarget,
        ] {
            append(traffic.packets, &bytes)
            append(traffic.bytes, &bytes)
        }
    }

    /// Reads the record at `offset`; nil when it is cut off or a field holds no known value.
    package static func decode(_ bytes: [UInt8], at offset: Int) -> FlowRecord? {
        guard offset >= 0, offset + size <= bytes.count, let direction = Direction(code: bytes[offset + 92]),
            let verdict = Verdict(code: bytes[offset + 93]), let stage = Stage(code: bytes[offset + 94]),
            let state = FlowRecord.State(rawValue: bytes[offset + 95]),
            let detail = FlowRecord.Detail(rawValue: bytes[offset + 96]),
            let family = AddressFamily(rawValue: bytes[offset + 97])
        else { return nil }
        func word(_ at: Int) -> UInt64 { load(bytes, offset + at) }
        func instant(_ at: Int) -> Timestamp { Timestamp(nanoseconds: Int64(bitPattern: word(at))) }
        func address(_ at: Int) -> IPAddress {
            family == .ipv6
                ? IPAddress(ipv6High: word(at), low: word(at + 8))
                : IPAddress(ipv4: UInt32(truncatingIfNeeded: word(at + 8)))
        }
        func traffic(_ at: Int) -> Traffic { Traffic(packets: word(at), bytes: word(at + 8)) }
        var record = FlowRecord(
            windowStart: instant(8), windowEnd: instant(16), start: instant(24), end: instant(32),
            connectionStart: instant(40), connection: word(48),
            interface: Identifier(high: word(56), low: word(64)),
            direction: direction, verdict: verdict, stage: stage,
            rule: Identifier(high: word(72), low: word(80)), revision: Int(load(bytes, offset + 88) as UInt32),
            key: FlowKey(
                initiator: address(104), target: address(120),
                transport: TransportProtocol(rawValue: bytes[offset + 98]),
                initiatorPort: load(bytes, offset + 100), targetPort: load(bytes, offset + 102)),
            detail: detail, state: state, fromInitiator: traffic(136), fromTarget: traffic(152),
            cumulativeFromInitiator: traffic(168), cumulativeFromTarget: traffic(184))
        record.sequence = word(0)
        return record
    }

    package static func append<Word: FixedWidthInteger>(_ value: Word, _ bytes: inout [UInt8]) {
        var rest = value
        for _ in 0..<MemoryLayout<Word>.size {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    package static func load<Word: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], _ offset: Int) -> Word {
        // SAFETY: the span checks its bounds, and every pattern of bits is a word.
        Word(littleEndian: bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Word.self))
    }
}

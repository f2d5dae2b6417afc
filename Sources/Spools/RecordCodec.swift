package import Model

/// The spool's form of a flow record: 200 bytes, little endian, and 40 more where addresses were translated, and 168 more where
/// enterprise rules observed the session.
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
/// | 99 | 1 | 128, with 1 for no initiator port (or type), 2 for no target port (or code), 64 where a translation follows, 32 where observing rules do; 0 in records of before, where detail alone says it |
/// | 100 | 2 × 2 | initiator port, target port; zero where there is none |
/// | 104 | 16 × 2 | initiator address, target address; IPv4 in the last four bytes |
/// | 136 | 8 × 8 | packets and bytes from the initiator, from the target, then the same since the session began |
/// | 200 | 2 × 2 | on the other side of the translation: initiator port, target port |
/// | 204 | 16 × 2 | initiator address, target address there |
/// | 236 | 4 | zero |
/// | 240 | 16 × 8 | ids of the rules that observed it, zero where there are fewer; then what is of a translation is zero where there
/// is none |
package enum RecordCodec {
    /// Bytes of a record without a translation: the least.
    package static let size = 200
    /// Bytes of one with it.
    package static let translatedSize = 240

    /// Bytes of one that rules observed: the most.
    package static let observedSize = translatedSize + 16 * FlowRecord.maximumObserved

    private enum Flag {
        static let noInitiatorPort: UInt8 = 1
        static let noTargetPort: UInt8 = 2
        static let observed: UInt8 = 0x20
        static let translated: UInt8 = 0x40
        static let present: UInt8 = 0x80
    }

    /// How many bytes the record at `offset` has, as it says itself; at least `size` bytes must be there.
    package static func length(_ bytes: [UInt8], at offset: Int) -> Int { length(flags: bytes[offset + 99]) }

    static func length(flags: UInt8) -> Int {
        guard flags & (Flag.present | Flag.observed) != Flag.present | Flag.observed else { return observedSize }
        let both = Flag.present | Flag.translated
        return flags & both == both ? translatedSize : size
    }

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
        bytes.append(
            Flag.present | (record.otherSide == nil ? 0 : Flag.translated)
                | (record.observed.isEmpty ? 0 : Flag.observed)
                | (record.key.initiatorPort == nil ? Flag.noInitiatorPort : 0)
                | (record.key.targetPort == nil ? Flag.noTargetPort : 0))
        append(endsOf: record.key, &bytes)
        for traffic in [
            record.fromInitiator, record.fromTarget, record.cumulativeFromInitiator, record.cumulativeFromTarget,
        ] {
            append(traffic.packets, &bytes)
            append(traffic.bytes, &bytes)
        }
        if let otherSide = record.otherSide {
            append(endsOf: otherSide, &bytes)
            append(UInt32(0), &bytes)
        } else if !record.observed.isEmpty {
            for _ in 0..<5 { append(UInt64(0), &bytes) }
        }
        guard !record.observed.isEmpty else { return }
        for place in 0..<FlowRecord.maximumObserved {
            let rule = place < record.observed.count ? record.observed[place] : Identifier(high: 0, low: 0)
            append(rule.high, &bytes)
            append(rule.low, &bytes)
        }
    }

    private static func append(endsOf key: FlowKey, _ bytes: inout [UInt8]) {
        append(key.initiatorPort ?? 0, &bytes)
        append(key.targetPort ?? 0, &bytes)
        for address in [key.initiator, key.target] {
            append(address.high, &bytes)
            append(address.low, &bytes)
        }
    }

    /// Reads the record at `offset`; nil when it is cut off or a field holds no known value.
    package static func decode(_ bytes: [UInt8], at offset: Int) -> FlowRecord? {
        guard offset >= 0, offset + size <= bytes.count, offset + length(bytes, at: offset) <= bytes.count,
            let direction = Direction(code: bytes[offset + 92]),
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
        let flags = bytes[offset + 99]
        let unknown: UInt8 = flags & Flag.present != 0 ? flags : detail == .coarse ? Flag.noInitiatorPort : 0
        func port(_ at: Int, _ flag: UInt8) -> UInt16? { unknown & flag == 0 ? load(bytes, offset + at) : nil }
        func key(_ at: Int) -> FlowKey {
            FlowKey(
                initiator: address(at + 4), target: address(at + 20),
                transport: TransportProtocol(rawValue: bytes[offset + 98]),
                initiatorPort: port(at, Flag.noInitiatorPort), targetPort: port(at + 2, Flag.noTargetPort))
        }
        let isTranslated = flags & (Flag.present | Flag.translated) == Flag.present | Flag.translated
        var observed: [Identifier<Rule>] = []
        if length(flags: flags) == observedSize {
            observed = stride(from: translatedSize, to: observedSize, by: 16).map {
                Identifier(high: word($0), low: word($0 + 8))
            }.filter { $0 != Identifier(high: 0, low: 0) }
            // Bytes that somebody else made: a record that says so names one.
            guard !observed.isEmpty else { return nil }
        }
        var record = FlowRecord(
            windowStart: instant(8), windowEnd: instant(16), start: instant(24), end: instant(32),
            connectionStart: instant(40), connection: word(48),
            interface: Identifier(high: word(56), low: word(64)),
            direction: direction, verdict: verdict, stage: stage,
            rule: Identifier(high: word(72), low: word(80)), revision: Int(load(bytes, offset + 88) as UInt32),
            key: key(100), otherSide: isTranslated ? key(200) : nil, detail: detail, state: state,
            fromInitiator: traffic(136), fromTarget: traffic(152),
            cumulativeFromInitiator: traffic(168), cumulativeFromTarget: traffic(184),
            observed: observed)
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

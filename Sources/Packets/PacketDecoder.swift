/// Reads IP packets; lengths in them are claims and are looked at against what is there.
struct PacketDecoder {
    enum Reading {
        case packet
        case other
        case odd(PacketOddity)
    }

    private var fragments = FragmentTable()

    /// Reads a packet of a known time into `facts`.
    mutating func read(
        _ bytes: Span<UInt8>, _ packet: CapturedPacket, at instant: Int64, into facts: inout PacketFacts
    ) -> Reading {
        switch LinkLayer.read(bytes, packet) {
        case .other: return .other
        case .odd(let oddity): return .odd(oddity)
        case .ip(let place, let version, let index):
            facts.interface = packet.interface
            facts.index = index
            let end = packet.bytes.upperBound
            guard place < end else { return .odd(.cutHeader) }
            let own = bytes[place] >> 4
            guard version ?? own == own else { return .odd(.version) }
            let original = packet.originalLength - (place - packet.bytes.lowerBound)
            switch own {
            case 4: return readIPv4(bytes, place..<end, original: original, at: instant, into: &facts)
            case 6: return readIPv6(bytes, place..<end, original: original, at: instant, into: &facts)
            default: return .odd(.version)
            }
        }
    }

    private mutating func readIPv4(
        _ bytes: Span<UInt8>, _ range: Range<Int>, original: Int, at instant: Int64, into facts: inout PacketFacts
    ) -> Reading {
        guard range.count >= 20 else { return .odd(.cutHeader) }
        let start = range.lowerBound
        let header = Int(bytes[start] & 15) * 4
        // A packet that the network card was to take apart has no length yet.
        let claimed = Int(bytes.big16(start + 2))
        let length = claimed == 0 ? original : claimed
        guard header >= 20, header <= length else { return .odd(.headerLength) }
        guard length <= original else { return .odd(.packetLength) }
        facts.source = 0xffff << 32 | UInt128(bytes.big32(start + 12))
        facts.target = 0xffff << 32 | UInt128(bytes.big32(start + 16))
        facts.length = UInt64(length)
        facts.transport = bytes[start + 9]
        let fragment = bytes.big16(start + 6)
        let end = min(range.upperBound, start + length)
        guard fragment & 0x1fff == 0 else {
            take(fragment: key(facts, UInt32(bytes.big16(start + 4)), facts.transport), at: instant, into: &facts)
            return .packet
        }
        facts.upper = Self.upper(bytes, min(start + header, end)..<end, facts.transport)
        if fragment & 0x2000 != 0 {
            let key = key(facts, UInt32(bytes.big16(start + 4)), facts.transport)
            fragments.note(key, transport: facts.transport, upper: facts.upper, at: instant)
        }
        return .packet
    }

    private mutating func readIPv6(
        _ bytes: Span<UInt8>, _ range: Range<Int>, original: Int, at instant: Int64, into facts: inout PacketFacts
    ) -> Reading {
        guard range.count >= 40 else { return .odd(.cutHeader) }
        let start = range.lowerBound
        var next = bytes[start + 6]
        // Jumbograms (RFC 2675), and what the network card was to take apart, have no length.
        let claimed = Int(bytes.big16(start + 4))
        let length = claimed == 0 && (next == 0 || next == 6) ? original : 40 + claimed
        guard length <= original else { return .odd(.packetLength) }
        facts.source = bytes.big128(start + 8)
        facts.target = bytes.big128(start + 24)
        facts.length = UInt64(length)
        let end = min(range.upperBound, start + length)
        var place = start + 40
        var first: FragmentTable.Key?
        while true {
            let size: Int
            switch next {
            case 0, 43, 60, 135, 139, 140:
                guard end - place >= 2 else { return .odd(.cutExtension) }
                size = (Int(bytes[place + 1]) + 1) * 8
            case 51:
                guard end - place >= 2 else { return .odd(.cutExtension) }
                size = (Int(bytes[place + 1]) + 2) * 4
            case 44:
                guard end - place >= 8 else { return .odd(.cutExtension) }
                let fragment = bytes.big16(place + 2)
                let key = key(facts, bytes.big32(place + 4), 0)
                if fragment & 0xfff8 != 0 {
                    facts.transport = bytes[place]
                    take(fragment: key, at: instant, into: &facts)
                    return .packet
                }
                if fragment & 1 != 0 { first = key }
                size = 8
            default:
                facts.transport = next
                facts.upper = Self.upper(bytes, place..<end, next)
                if let first { fragments.note(first, transport: next, upper: facts.upper, at: instant) }
                return .packet
            }
            guard end - place >= size else { return .odd(.cutExtension) }
            next = bytes[place]
            place += size
        }
    }

    private func key(_ facts: PacketFacts, _ identifier: UInt32, _ transport: UInt8) -> FragmentTable.Key {
        FragmentTable.Key(
            source: facts.source, target: facts.target, identifier: identifier, transport: transport,
            interface: facts.interface, index: facts.index)
    }

    private func take(fragment key: FragmentTable.Key, at instant: Int64, into facts: inout PacketFacts) {
        facts.upper = .unknown
        guard let first = fragments.find(key, at: instant) else { return }
        (facts.transport, facts.upper) = first
    }

    /// Reads the beginning of what an IP packet carries, as far as it was captured.
    private static func upper(_ bytes: Span<UInt8>, _ range: Range<Int>, _ transport: UInt8) -> UpperLayer {
        let start = range.lowerBound
        switch transport {
        // TCP, UDP, DCCP, SCTP, UDP-Lite.
        case 6, 17, 33, 132, 136:
            guard range.count >= 4 else { return .unknown }
            let flags = transport == 6 && range.count >= 14 ? bytes[start + 13] : nil
            return .ports(source: bytes.big16(start), target: bytes.big16(start + 2), flags: flags)
        case 1, 58:
            guard range.count >= 2 else { return .unknown }
            let identifier = range.count >= 6 ? bytes.big16(start + 4) : 0
            return .icmp(type: bytes[start], code: bytes[start + 1], identifier: identifier)
        default: return .unknown
        }
    }
}

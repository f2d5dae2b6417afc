/// What first fragments said that the others of their packets do not: protocol and ports.
///
/// It holds the latest 4096; where one is forgotten, what is left of its packet counts without ports.
struct FragmentTable {
    struct Key: Hashable {
        let source: UInt128
        let target: UInt128
        let identifier: UInt32
        /// IPv4 tells packets of different protocols apart, IPv6 does not: 0.
        let transport: UInt8
        let interface: UInt16
        let index: UInt32
    }

    private struct Entry {
        let transport: UInt8
        let upper: UpperLayer
        let instant: Int64
        let place: Int
    }

    static let most = 4096
    /// Hosts put fragments together for so long (RFC 8200, 4.5: 60 s; Linux: 30 s).
    static let longest: Int64 = 60_000_000

    private var entries: [Key: Entry] = [:]
    private var ring: [Key?] = []
    private var next = 0

    mutating func note(_ key: Key, transport: UInt8, upper: UpperLayer, at instant: Int64) {
        if ring.isEmpty { ring = [Key?](repeating: nil, count: Self.most) }
        if let old = ring[next], entries[old]?.place == next { entries[old] = nil }
        ring[next] = key
        // Flags are the first fragment's alone.
        let kept: UpperLayer =
            switch upper {
            case .ports(let source, let target, _): .ports(source: source, target: target, flags: nil)
            case .icmp, .unknown: upper
            }
        entries[key] = Entry(transport: transport, upper: kept, instant: instant, place: next)
        next = (next + 1) % Self.most
    }

    func find(_ key: Key, at instant: Int64) -> (transport: UInt8, upper: UpperLayer)? {
        guard let entry = entries[key], abs(instant - entry.instant) <= Self.longest else { return nil }
        return (entry.transport, entry.upper)
    }
}

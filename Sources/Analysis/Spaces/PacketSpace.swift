package import Model
import Policy

/// An exact set of packets between two ends, by protocol and ports, or ICMP type and code.
///
/// A protocol without ports is in it whole or not at all. Protocols of which no session can be in a family
/// (`TransportProtocol.isCarried`) are in no set of that family.
package struct PacketSpace: Hashable, Sendable {
    /// Whether the protocols are in it of which `special` says nothing.
    private var others: Bool
    /// Only of protocols that are neither as `others` says nor absent in the family.
    private var special: [UInt8: Region]
    let family: AddressFamily

    private init(_ family: AddressFamily, others: Bool, special: [UInt8: Region]) {
        self.family = family
        self.others = others
        self.special = special
    }

    package static func empty(_ family: AddressFamily) -> PacketSpace {
        PacketSpace(family, others: false, special: [:])
    }

    package static func all(_ family: AddressFamily) -> PacketSpace { PacketSpace(family, others: true, special: [:]) }

    /// One protocol's packets.
    package init(_ family: AddressFamily, _ transport: TransportProtocol, _ region: Region) {
        self = .empty(family)
        set(transport.rawValue, region.combined(Self.whole(transport.rawValue), .intersection))
    }

    package var isEmpty: Bool { !others && special.isEmpty }

    /// Everything that a protocol can have: its ports, its types and codes, or one point.
    static func whole(_ transport: UInt8) -> Region {
        let transport = TransportProtocol(rawValue: transport)
        if transport.hasPorts { return .ports }
        return transport.isICMP ? .icmp : Self.point
    }

    /// What stands for a protocol without ports.
    private static let point = Region(0...0, RangeSet(0...0))

    /// The packets of one protocol that are in it.
    package func region(_ transport: TransportProtocol) -> Region {
        guard transport.isCarried(by: family) else { return .empty }
        return special[transport.rawValue] ?? (others ? Self.whole(transport.rawValue) : .empty)
    }

    package func contains(_ key: FlowKey) -> Bool {
        region(key.transport).contains(key.initiatorPort ?? 0, key.targetPort ?? 0)
    }

    /// The protocols about which it says something of their own.
    package var specialProtocols: [UInt8] { special.keys.sorted() }

    /// The rectangle that holds all of a space of one protocol; nil for others.
    var outline: (transport: UInt8, rectangle: Region.Rectangle)? {
        guard !others, special.count == 1, let (transport, region) = special.first else { return nil }
        return region.outline.map { (transport, $0) }
    }

    mutating func set(_ transport: UInt8, _ region: Region) {
        let usual = others ? Self.whole(transport) : .empty
        let isCarried = TransportProtocol(rawValue: transport).isCarried(by: family)
        special[transport] = region == usual || !isCarried ? nil : region
    }

    package func combined(_ other: PacketSpace, _ operation: SetOperation) -> PacketSpace {
        if let known = operation.shortcut(self, other, empty: .empty(family)) { return known }
        var result = PacketSpace(family, others: operation.keeps(others, other.others), special: [:])
        for transport in Set(special.keys).union(other.special.keys) {
            let ends = [self, other].map { $0.region(TransportProtocol(rawValue: transport)) }
            result.set(transport, ends[0].combined(ends[1], operation))
        }
        return result
    }

    /// The packets whose answers are in it: with ports changed over, and the ICMP types that they ask with.
    ///
    /// ICMP messages without an answer are not in the result.
    package var asked: PacketSpace {
        var result = PacketSpace(family, others: others, special: [:])
        for transport in Set(special.keys).union([TransportProtocol.icmp.rawValue, TransportProtocol.icmpv6.rawValue]) {
            let region = region(TransportProtocol(rawValue: transport))
            result.set(
                transport,
                TransportProtocol(rawValue: transport).isICMP ? Self.asking(region, transport) : region.transposed)
        }
        return result
    }

    private static func asking(_ region: Region, _ transport: UInt8) -> Region {
        var result = Region.empty
        for type in UInt16(0)...255 {
            guard let answer = TransportProtocol(rawValue: transport).icmpAnswer(to: type),
                let slab = region.slabs.first(where: { $0.first.contains(answer) })
            else { continue }
            result = result.combined(Region(type...type, slab.second), .union)
        }
        return result
    }
}

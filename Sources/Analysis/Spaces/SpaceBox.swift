package import Model

/// The packets of some protocols whose two numbers lie in ranges: what one readable line says of a packet space.
package struct SpaceBox: Hashable, Sendable {
    package let family: AddressFamily
    /// Ascending. All have ports, or all are ICMP, or `rectangle` is nil.
    package let protocols: [TransportProtocol]
    /// Source and target ports, or ICMP types and codes; nil is all that the protocols have.
    package let rectangle: Region.Rectangle?

    package func contains(_ key: FlowKey) -> Bool {
        guard key.initiator.family == family, protocols.contains(key.transport) else { return false }
        guard let rectangle else { return true }
        return rectangle.first.contains(key.initiatorPort ?? 0) && rectangle.second.contains(key.targetPort ?? 0)
    }

    /// Whether the protocols are all that sessions of the family can be of.
    package var isOfAnyProtocol: Bool { protocols.count == Self.carried(family).count }

    package static func carried(_ family: AddressFamily) -> [TransportProtocol] {
        (UInt8.min...UInt8.max).map { TransportProtocol(rawValue: $0) }.filter { $0.isCarried(by: family) }
    }

    /// The protocols as a person writes them: `tcp`, `icmp,tcp,udp`, `any`, or ranges of numbers where they are many.
    package var protocolText: String {
        if isOfAnyProtocol { return "any" }
        if protocols.count <= 4 { return protocols.map(\.description).joined(separator: ",") }
        let carried = Self.carried(family)
        var runs: [(first: TransportProtocol, last: TransportProtocol)] = []
        var former = -2
        for (place, transport) in carried.enumerated() where protocols.contains(transport) {
            if former == place - 1, let last = runs.popLast() {
                runs.append((last.first, transport))
            } else {
                runs.append((transport, transport))
            }
            former = place
        }
        return runs.map { $0.first == $0.last ? $0.first.description : "\($0.first.rawValue)-\($0.last.rawValue)" }
            .joined(separator: ",")
    }

    /// One packet of the box, between two addresses.
    package func witness(_ source: IPAddress, _ target: IPAddress) -> FlowKey {
        let wanted: [TransportProtocol] = [.tcp, .udp, .icmp, .icmpv6]
        let transport = wanted.first(where: protocols.contains) ?? protocols.first ?? .tcp
        // The first of the ports that nobody is assigned, where it will do.
        let usual: (UInt16, UInt16) = transport.isICMP ? (transport == .icmp ? 8 : 128, 0) : (49_152, 443)
        func choose(_ range: ClosedRange<UInt16>?, _ usual: UInt16) -> UInt16 {
            guard let range, !range.contains(usual) else { return usual }
            return range.lowerBound == 0 && range.upperBound > 0 && !transport.isICMP ? 1 : range.lowerBound
        }
        return FlowKey(
            initiator: source, target: target, transport: transport,
            initiatorPort: choose(rectangle?.first, usual.0), targetPort: choose(rectangle?.second, usual.1))
    }
}

extension PacketSpace {
    /// The space in few disjoint boxes.
    package var boxes: [SpaceBox] {
        let carried = SpaceBox.carried(family)
        let whole = carried.filter { region($0) == Self.whole($0.rawValue) }
        var boxes = whole.isEmpty ? [] : [SpaceBox(family: family, protocols: whole, rectangle: nil)]
        var partial: [(region: Region, isICMP: Bool, protocols: [TransportProtocol])] = []
        for number in specialProtocols {
            let transport = TransportProtocol(rawValue: number)
            let region = region(transport)
            guard !region.isEmpty, region != Self.whole(number) else { continue }
            if let place = partial.firstIndex(where: { $0.region == region && $0.isICMP == transport.isICMP }) {
                partial[place].protocols.append(transport)
            } else {
                partial.append((region, transport.isICMP, [transport]))
            }
        }
        for part in partial {
            boxes += part.region.rectangles.map {
                SpaceBox(family: family, protocols: part.protocols, rectangle: $0)
            }
        }
        return boxes
    }
}

package import Model

extension PacketSpace {
    /// The packets of a service in a family, with these source ports where it has any.
    ///
    /// A service within the other family has none; addresses are not looked at.
    package init(_ service: Service, sourcePorts: PortRange? = nil, _ family: AddressFamily) {
        switch service {
        case .any: self = Self.from(sourcePorts, .all(family), family)
        case .icmpTCPUDP:
            var space = PacketSpace.empty(family)
            for transport in [TransportProtocol.icmp, .tcp, .udp, .icmpv6] {
                space.set(transport.rawValue, Self.whole(transport.rawValue))
            }
            self = Self.from(sourcePorts, space, family)
        case .transport(let transport, let ports):
            let targets = ports.map { RangeSet($0.lower...$0.upper) } ?? RangeSet(0...UInt16.max)
            self = Self.from(
                sourcePorts, PacketSpace(family, transport, Region(0...UInt16.max, targets)), family)
        case .icmp(let transport, let type, let code):
            guard service.family == family else {
                self = .empty(family)
                return
            }
            let types = type.map { UInt16($0)...UInt16($0) } ?? 0...255
            let codes = RangeSet(code.map { UInt16($0)...UInt16($0) } ?? 0...255)
            self = Self.from(sourcePorts, PacketSpace(family, transport, Region(types, codes)), family)
        }
    }

    /// Those of a space that come from some ports; what has no ports does not.
    private static func from(_ ports: PortRange?, _ space: PacketSpace, _ family: AddressFamily) -> PacketSpace {
        guard let ports else { return space }
        var result = PacketSpace.empty(family)
        let range = Region(ports.lower...ports.upper, RangeSet(0...UInt16.max))
        for number in UInt8.min...UInt8.max {
            let transport = TransportProtocol(rawValue: number)
            guard transport.hasPorts || transport.isICMP else { continue }
            result.set(number, space.region(transport).combined(range, .intersection))
        }
        return result
    }
}

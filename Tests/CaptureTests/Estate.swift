import Attribution
import Model
import Netlink
import Spools

@testable import Capture

/// Three interfaces of a host, `web`, `app` and the held device `gh-lost`, and what the kernel would say of them.
struct Estate {
    static let web = Identifier<Interface>(derivedFrom: "web")
    static let app = Identifier<Interface>(derivedFrom: "app")
    static let begin = Timestamp(seconds: 1_793_700_000)

    private static func interface(_ id: Identifier<Interface>, _ host: UInt32, _ device: String) -> Interface {
        Interface(
            id: id, name: "eth0", subnet: "all",
            addresses: [IPAddress(ipv4: 0x0a01_0000 | host), IPAddress(ipv6High: 0xfd00 << 48, low: UInt64(host))],
            mac: nil, device: device, groups: [])
    }

    static func address(_ host: UInt32, _ family: AddressFamily = .ipv4) -> IPAddress {
        family == .ipv4
            ? IPAddress(ipv4: 0x0a01_0000 | host) : IPAddress(ipv6High: 0xfd00 << 48, low: UInt64(host))
    }

    /// The rule of an index, of each direction.
    static func rule(_ index: UInt16, _ direction: Direction) -> Identifier<Rule> {
        Identifier(derivedFrom: "\(direction) \(index)")
    }

    static let attributor: Attributor = attributor(revision: 1, at: begin.nanoseconds, after: Attributor())

    /// The same host where `web`'s VPC has only what goes between its subnets recorded: not what it does with `app`.
    static let collectingAttributor: Attributor = {
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: prefixes("10.1.0.0/24", "fd00::/64"),
            subnets: [
                Subnet(id: Identifier(derivedFrom: "all"), name: "all", prefixes: prefixes("10.1.0.0/28", "fd00::/124"))
            ],
            groups: [], instances: [], collected: [.betweenSubnets])
        let collections = [web: TrafficCollection(vpc, subnet: "all")].compactMapValues { $0 }
        return attributor(revision: 1, at: begin.nanoseconds, after: Attributor(), collections: collections)
    }()

    private static func prefixes(_ texts: String...) -> [IPPrefix] { texts.compactMap { try? IPPrefix(parsing: $0) } }

    static func attributor(
        revision: Int, at instant: Int64, after former: Attributor,
        collections: [Identifier<Interface>: TrafficCollection] = [:]
    ) -> Attributor {
        let ports = [interface(web, 10, "gh-web"), interface(app, 11, "gh-app")].enumerated().map { place, interface in
            (
                port: Attributor.Port(interface, device: interface.device ?? "", groups: []),
                addresses: interface.addresses, deviceNumber: UInt32(place + 1)
            )
        }
        return former.adopting(
            revision: revision, at: instant,
            ports: ports + [(port: Attributor.Port(held: "gh-lost"), addresses: [], deviceNumber: 9)],
            collections: collections, ruleCount: 100,
            ruleAt: { rule($0, $1) })
    }

    static func tuple(
        _ source: IPAddress, _ target: IPAddress, _ transport: UInt8, _ sourcePort: UInt16, _ targetPort: UInt16
    ) -> ConnectionTuple {
        var tuple = ConnectionTuple()
        tuple.isIPv6 = source.family == .ipv6
        (tuple.sourceHigh, tuple.sourceLow) = tuple.isIPv6 ? (source.high, source.low) : (0, source.low & 0xffff_ffff)
        (tuple.targetHigh, tuple.targetLow) = tuple.isIPv6 ? (target.high, target.low) : (0, target.low & 0xffff_ffff)
        (tuple.transport, tuple.sourcePort, tuple.targetPort) = (transport, sourcePort, targetPort)
        return tuple
    }

    /// An entry that nobody translates.
    static func entry(
        _ source: IPAddress, _ target: IPAddress, _ transport: UInt8 = 6, ports: (UInt16, UInt16) = (40_000, 443),
        mark: UInt32, start: Int64 = begin.nanoseconds
    ) -> ConnectionEntry {
        var entry = ConnectionEntry()
        entry.original = tuple(source, target, transport, ports.0, ports.1)
        entry.reply = tuple(target, source, transport, ports.1, ports.0)
        (entry.mark, entry.start) = (mark, start)
        return entry
    }
}

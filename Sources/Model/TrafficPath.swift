/// Where a session of an interface goes, as seen from the interface's VPC.
package enum TrafficPath: String, Hashable, Sendable, Codable, CaseIterable {
    /// To or from the interface's own subnet; and what stays on the link, or is sent to many.
    case withinSubnets = "within_subnets"
    /// To or from another subnet of the VPC, or an address of the VPC's blocks that is in no subnet.
    case betweenSubnets = "between_subnets"
    /// Everything else: other VPCs, the host, the world.
    case inOut = "in_out"
}

extension Policy {
    /// What its VPCs have recorded, of those that have not everything.
    package var collectedPaths: [Identifier<VPC>: [TrafficPath]] {
        Dictionary(vpcs.compactMap { vpc in vpc.collected.map { (vpc.id, $0) } }) { first, _ in first }
    }
}

/// What is recorded of the sessions of an interface.
package struct TrafficCollection: Hashable, Sendable {
    package let paths: [TrafficPath]
    private let subnet: [IPPrefix]
    private let vpc: [IPPrefix]

    /// What a VPC has recorded of an interface in one of its subnets; nil where that is everything.
    package init?(_ vpc: VPC, subnet name: String) {
        guard let paths = vpc.collected, paths.count < TrafficPath.allCases.count else { return nil }
        self.paths = paths
        subnet = vpc.subnets.first { $0.name == name }?.prefixes ?? []
        self.vpc = vpc.prefixes
    }

    /// Whether sessions with this other end are recorded.
    package func collects(_ other: IPAddress) -> Bool { paths.contains(path(of: other)) }

    private func path(of other: IPAddress) -> TrafficPath {
        if Self.onLink.contains(where: { $0.contains(other) }) || subnet.contains(where: { $0.contains(other) }) {
            return .withinSubnets
        }
        return vpc.contains { $0.contains(other) } ? .betweenSubnets : .inOut
    }

    /// Multicast, link-local addresses and the limited broadcast.
    private static let onLink = [
        IPPrefix(containing: IPAddress(ipv4: 0xe000_0000), length: 4),
        IPPrefix(containing: IPAddress(ipv4: 0xa9fe_0000), length: 16),
        IPPrefix(containing: IPAddress(ipv4: 0xffff_ffff), length: 32),
        IPPrefix(containing: IPAddress(ipv6High: 0xff00 << 48, low: 0), length: 8),
        IPPrefix(containing: IPAddress(ipv6High: 0xfe80 << 48, low: 0), length: 10),
    ]
}

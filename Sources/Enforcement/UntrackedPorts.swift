import Glibc
package import Model

/// What rules ask that the running kernel cannot tell: ports of protocols that its connection tracking does not know.
package enum UntrackedPorts {
    /// Protocols with ports, and the switch that their part of conntrack brings, below /proc/sys/net/netfilter. The parts of TCP,
    /// UDP and UDP-Lite bring none of their own, or are always there.
    private static let switches: [(TransportProtocol, String)] = [
        (.dccp, "nf_conntrack_dccp_loose"), (.sctp, "nf_conntrack_sctp_timeout_closed"),
    ]

    /// The protocols of which the kernel of the present network namespace knows no ports.
    package static func protocols() -> Set<TransportProtocol> {
        Set(switches.filter { access("/proc/sys/net/netfilter/" + $0.1, F_OK) != 0 }.map(\.0))
    }

    /// A sentence for each of these protocols whose ports rules of the policy name: they admit nothing.
    package static func words(_ policy: Policy, _ unknown: Set<TransportProtocol>) -> [String] {
        guard !unknown.isEmpty else { return [] }
        var found: [TransportProtocol: [String]] = [:]
        for vpc in policy.vpcs {
            for group in vpc.groups {
                for rule in group.rules {
                    guard case .transport(let transport, .some) = rule.service, unknown.contains(transport) else {
                        continue
                    }
                    found[transport, default: []].append("\(vpc.name)/\(group.name): \(rule.text)")
                }
            }
        }
        return found.sorted { $0.key.rawValue < $1.key.rawValue }.map { transport, rules in
            "\(rules.count) rules for ports of \(transport) admit nothing, such as \(rules[0]): this kernel's connection "
                + "tracking knows no ports of it; write \(transport) without ports, or run a kernel that does"
        }
    }
}

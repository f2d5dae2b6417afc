package import Netlink

extension TableName {
    /// The one table that is ours.
    package static let gatehouse = TableName(.inet, "gatehouse")
}

/// Where Gatehouse's base chains hang, and who else sits there.
///
/// | priority | name | prerouting | input, forward | output |
/// |---|---|---|---|---|
/// | −400 | | defragmentation: what follows sees whole packets | | defragmentation |
/// | −300 | `raw` | **guard**; iptables `raw`; firewalld's `raw` | | iptables `raw` |
/// | −295 | | **edge** | | **edge_output** |
/// | −200 | | connection tracking | | connection tracking |
/// | −150 | `mangle` | iptables `mangle`; firewalld | iptables `mangle` | rerouting by mark |
/// | −100 | `dstnat` | target translation: iptables `nat`, Docker, kube-proxy | | target translation of the host's own |
/// | −10 | | | **input, forward** | **output** |
/// | 0 | `filter` | br_netfilter passes bridged packets through these hooks | iptables `filter`, ufw, firewalld | iptables `filter` |
/// | 100 | `srcnat` | | source translation at input | source translation follows at postrouting |
///
/// Verdicts of several tables add up: a packet passes when each lets it pass, so being asked before others takes nothing
/// from them; what they drop after us is in our counts (docs/design/enforcement.md).
package enum Hook: String, Hashable, Sendable, CaseIterable {
    /// Before connection tracking: a spoofed packet must not be counted in another's session.
    case `guard`
    /// After the guard and before connection tracking, where every packet is asked by itself.
    case edge
    case edgeOutput = "edge_output"
    case forward
    case input
    case output

    /// The base chain's name.
    package var chain: String { rawValue }

    package enum Place: String, Hashable, Sendable {
        case prerouting
        case input
        case forward
        case output
    }

    package var place: Place {
        switch self {
        case .guard, .edge: .prerouting
        case .edgeOutput, .output: .output
        case .forward: .forward
        case .input: .input
        }
    }

    /// One of the kernel's names for a priority, and what is added to it.
    package struct Priority: Hashable, Sendable, CustomStringConvertible {
        package enum Base: Int, Hashable, Sendable {
            case raw = -300
            case mangle = -150
            case dstnat = -100
            case filter = 0
            case srcnat = 100
        }

        package let base: Base
        package let offset: Int

        package var value: Int { base.rawValue + offset }

        package var description: String {
            offset == 0 ? "\(base)" : "\(base) \(offset < 0 ? "-" : "+") \(abs(offset))"
        }
    }

    package var priority: Priority {
        switch self {
        case .guard: Priority(base: .raw, offset: 0)
        case .edge, .edgeOutput: Priority(base: .raw, offset: 5)
        case .forward, .input, .output: Priority(base: .filter, offset: -10)
        }
    }
}

package import Netlink

extension TableName {
    /// The table that judges.
    package static let gatehouse = TableName(.inet, "gatehouse")
    /// The table of bridges' ports: there where the host has bridges.
    package static let ports = TableName(.bridge, "gatehouse")
    /// All that are ours.
    package static let own = [gatehouse, ports]
}

/// Where Gatehouse's base chains hang, and who else sits there.
///
/// | priority | name | prerouting | input, forward | output |
/// |---|---|---|---|---|
/// | −400 | | defragmentation: what follows sees whole packets | | defragmentation |
/// | −300 | `raw` | **guard**; iptables `raw`; firewalld's `raw` | | **guard_output**; iptables `raw` |
/// | −295 | | **edge** | | **edge_output** |
/// | −200 | | connection tracking | | connection tracking |
/// | −150 | `mangle` | iptables `mangle`; firewalld | iptables `mangle` | rerouting by mark |
/// | −100 | `dstnat` | target translation: iptables `nat`, Docker, kube-proxy | | target translation of the host's own |
/// | −10 | | | **input, forward** | **output**; **postrouting** at that hook |
/// | 0 | `filter` | br_netfilter passes bridged packets through these hooks | iptables `filter`, ufw, firewalld | iptables `filter` |
/// | 100 | `srcnat` | | source translation at input | source translation follows at postrouting |
///
/// What the host itself sends is judged in postrouting, where the device is the one that it leaves by: after a translation of
/// the target, output still names the device of the target before. What goes to many is judged in output, because
/// postrouting sees a second copy of it, for the host's own ears.
///
/// Verdicts of several tables add up: a packet passes when each lets it pass, so being asked before others takes nothing
/// from them; what they drop after us is in our counts (docs/design/enforcement.md).
package enum Hook: String, Hashable, Sendable, CaseIterable {
    /// Before connection tracking: a spoofed packet must not be counted in another's session.
    case `guard`
    /// After the guard and before connection tracking, where every packet is asked by itself.
    case guardOutput = "guard_output"
    case edge
    case edgeOutput = "edge_output"
    case forward
    case input
    case output
    case postrouting
    /// Behind `postrouting`: what the host sends by a bridge gets that bridge's number.
    case home
    /// Of the table of bridges' ports. Before br_netfilter: what a port may say of itself.
    case portGuard = "bridge/port_guard"
    /// Behind br_netfilter's way through `guard`: whom nobody claims.
    case portUnknown = "bridge/port_unknown"
    /// Before br_netfilter's way through `forward`: has the frame passed the gate of its bridge, and is it the port's?
    case portForward = "bridge/port_forward"
    /// Behind that: br_netfilter will show the frame to `postrouting`, as if the host had made it.
    case portPassed = "bridge/port_passed"
    /// What the host sends by a bridge.
    case portOutput = "bridge/port_output"

    /// The base chain's name; behind `bridge/` where it stands in the table of bridges' ports.
    package var chain: String { rawValue }

    package enum Place: String, Hashable, Sendable {
        case prerouting
        case input
        case forward
        case output
        case postrouting
    }

    package var place: Place {
        switch self {
        case .guard, .edge, .portGuard, .portUnknown: .prerouting
        case .guardOutput, .edgeOutput, .output, .portOutput: .output
        case .postrouting, .home: .postrouting
        case .forward, .portForward, .portPassed: .forward
        case .input: .input
        }
    }

    /// One of the kernel's names for a priority, and what is added to it.
    package struct Priority: Hashable, Sendable, CustomStringConvertible {
        package enum Base: Int, Hashable, Sendable {
            /// A bridge's hooks have other names: a number will do.
            case number = 1
            case raw = -300
            case mangle = -150
            case dstnat = -100
            case filter = 0
            case srcnat = 100
        }

        package let base: Base
        package let offset: Int

        package var value: Int { base == .number ? offset : base.rawValue + offset }

        package var description: String {
            base == .number ? "\(offset)" : offset == 0 ? "\(base)" : "\(base) \(offset < 0 ? "-" : "+") \(abs(offset))"
        }
    }

    package var priority: Priority {
        switch self {
        case .guard, .guardOutput: Priority(base: .raw, offset: 0)
        case .edge, .edgeOutput: Priority(base: .raw, offset: 5)
        case .forward, .input, .output, .postrouting: Priority(base: .filter, offset: -10)
        case .home: Priority(base: .filter, offset: -5)
        case .portGuard: Priority(base: .number, offset: -300)
        case .portForward, .portOutput: Priority(base: .number, offset: -250)
        // br_netfilter is at 0, and at -1 in forward.
        case .portUnknown, .portPassed: Priority(base: .number, offset: 10)
        }
    }
}

/// The way of a session, seen from the interface: `ingress` is toward the instance, `egress` away from it.
package enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
    case ingress
    case egress
}

/// What was decided about a session.
package enum Verdict: String, Hashable, Sendable, Codable {
    case accept
    case drop
}

/// The layer that decided, in the order in which a packet meets them.
package enum Stage: String, Hashable, Sendable, Codable {
    /// Anti-spoofing, DHCP and router advertisement protection, and packets that belong to no valid session.
    case `guard`
    /// The network ACL of a subnet, at its edge.
    case acl
    /// The security groups of an interface.
    case group
}

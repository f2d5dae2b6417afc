/// The layer that decided, in the order in which a packet meets them.
///
/// The one list of stages: whatever tells one from another does so by a switch without a default, so that a further stage
/// does not compile before every place knows it. Its word stands in every text format, its code in the spool's records.
package enum Stage: String, Hashable, Sendable, Codable, CaseIterable {
    /// Anti-spoofing, DHCP and router advertisement protection, and packets that belong to no valid session.
    case `guard`
    /// The network ACL of a subnet, at its edge.
    case acl
    /// The enterprise policy, before an interface's groups.
    case enterprise
    /// The security groups of an interface.
    case group

    /// The number that stands for it in records; one that was given is never another stage's.
    package var code: UInt8 {
        switch self {
        case .guard: 0
        case .group: 1
        case .acl: 2
        case .enterprise: 3
        }
    }

    /// The stage of a code; nil for one that no release has given.
    package init?(code: UInt8) {
        guard let known = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = known
    }

    /// Whether somebody made its rules, and is answerable for what they decide.
    package var hasAuthor: Bool {
        switch self {
        case .guard: false
        case .enterprise, .acl, .group: true
        }
    }
}

/// What a record's rule id stands for, as it was when it decided.
package struct RuleReference: Hashable, Sendable {
    package let id: Identifier<Rule>
    package let stage: Stage
    /// Name of the group or network ACL that holds the rule; empty for the guard, for interfaces without groups, and for the
    /// enterprise policy.
    package let group: String
    package let groupID: Identifier<SecurityGroup>?
    /// The rule in the policy file's words, or what the default refusal or guard says.
    package let text: String
    /// The revision that made the rule; 0 for those that nobody made.
    package let since: Int
    /// The rule's own name, of those that have one: the enterprise policy's.
    package let name: String?
    /// Whether it refuses: a session that it let through was only observed.
    package let refuses: Bool

    package init(
        id: Identifier<Rule>, stage: Stage, group: String, groupID: Identifier<SecurityGroup>?, text: String,
        since: Int, name: String? = nil, refuses: Bool = false
    ) {
        self.id = id
        self.stage = stage
        self.group = group
        self.groupID = groupID
        self.text = text
        self.since = since
        self.name = name
        self.refuses = refuses
    }
}

/// The rules that exist without any policy: what the guard refuses, and what it lets out, each with its stable id.
package enum GuardRule: String, Hashable, Sendable, Codable, CaseIterable {
    /// A source address or MAC that is not the interface's own.
    case spoof
    /// An instance that answers as a DHCP server.
    case dhcpServer = "dhcp-server"
    /// An instance that sends IPv6 router advertisements.
    case routerAdvertisement = "router-advertisement"
    /// A packet that connection tracking cannot place in any session.
    case invalid
    /// A packet that another table has taken out of connection tracking.
    case untracked
    /// Neighbour discovery or multicast listening that is to go beyond its link, or did not begin on it.
    case linkUpkeep = "link-upkeep"
    /// A source address that an interface of this host has, on a device that is not the interface's.
    case impostor
    /// Headers of which connection tracking reads others than rules do: an authentication header in IPv6.
    case headers = "unclear-headers"
    /// A device that had an interface, or is to have one that cannot be judged, and has not been released.
    case held = "held-device"
    /// A packet that is to go on and has no hop left: the host says so to its sender.
    case hopLimit = "hop-limit"
    /// A packet that leaves by an interface's device and is for an address that the interface has not: somebody leads another's
    /// address there, and what the wrong interface's groups admit would be known when the way is right again.
    case misrouted
    /// The host's own error about a packet that is of no session: let in whatever the groups say.
    case hostError = "host-error"
    /// A DHCP client that has an address asks the host: let out whatever the groups say.
    case dhcpClient = "dhcp-client"

    /// Whether the rule refuses, as all do that let nothing through by name.
    package var refuses: Bool {
        switch self {
        case .spoof, .dhcpServer, .routerAdvertisement, .invalid, .untracked, .linkUpkeep, .impostor, .headers, .held,
            .hopLimit, .misrouted:
            true
        case .dhcpClient, .hostError: false
        }
    }

    package var id: Identifier<Rule> { Identifier(derivedFrom: "guard", rawValue) }

    package var text: String {
        switch self {
        case .spoof: "guard: source address or MAC is not the interface's own"
        case .dhcpServer: "guard: instances do not answer as DHCP servers"
        case .routerAdvertisement: "guard: instances do not send router advertisements"
        case .invalid: "guard: the packet belongs to no valid session"
        case .untracked: "guard: the packet is not tracked"
        case .linkUpkeep: "guard: neighbour discovery and multicast listening stay on their link"
        case .impostor: "guard: the source is an interface of this host, and the packet came from elsewhere"
        case .headers: "guard: connection tracking would read past the packet's headers"
        case .held: "guard: the device is no interface's, and not released"
        case .hopLimit: "guard: the packet has no hop left to go on with"
        case .misrouted: "guard: the target is no address of the interface that the packet leaves by"
        case .hostError: "guard: the host's own error about a packet that it did not send on"
        case .dhcpClient: "guard: a DHCP client may ask its server"
        }
    }

    package static let refusals = allCases.filter(\.refuses)

    package var reference: RuleReference {
        RuleReference(id: id, stage: .guard, group: "", groupID: nil, text: text, since: 0, refuses: refuses)
    }
}

extension RuleReference {
    /// Stands for the rule that refused a packet before connection tracking, where its index is no longer known.
    package static let unnamedRefusal = RuleReference(
        id: Identifier(derivedFrom: "unnamed-refusal"), stage: .acl, group: "", groupID: nil,
        text: "refused before connection tracking, by a rule that is gone", since: 0)

    /// Stands for an enterprise rule whose index is no longer known.
    package static let unnamedBlock = RuleReference(
        id: Identifier(derivedFrom: "unnamed-block"), stage: .enterprise, group: "", groupID: nil,
        text: "an enterprise rule that is gone", since: 0, refuses: true)

    /// Stands for the guard's rule that refused packets of a flood that was too wide to keep its name.
    package static let unnamedGuard = RuleReference(
        id: Identifier(derivedFrom: "unnamed-guard"), stage: .guard, group: "", groupID: nil,
        text: "guard: refused; the flood was too wide to keep the reason", since: 0)

    /// Stands for the group rule that accepted packets of a flood that was too wide to keep its name.
    package static let unnamedAccept = RuleReference(
        id: Identifier(derivedFrom: "unnamed-accept"), stage: .group, group: "", groupID: nil,
        text: "accepted by a group rule; the flood was too wide to keep its name", since: 0)
}

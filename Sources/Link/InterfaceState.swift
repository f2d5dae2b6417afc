package import Model

/// How an interface hangs on its host.
package enum Attachment: String, Hashable, Sendable, Codable, CaseIterable {
    /// A routed device of its own.
    case own
    /// A port of a bridge, judged there.
    case bridged
    /// Where rules cannot judge it.
    case notEnforceable = "not-enforceable"
    /// Its device is not there, or none is attached.
    case missing
}

/// An interface of a policy, or a port of a bridge that no interface claims, as it is on this host at present.
package struct InterfaceState: Hashable, Sendable, Codable {
    /// `web-1/eth0`; empty for a port that nobody claims.
    package var interface: String
    package var vpc: String
    package var device: String?
    package var attachment: Attachment
    /// The bridge that it is a port of.
    package var bridge: String?
    package var mac: MACAddress?
    /// What it has at present: single addresses, and blocks.
    package var addresses: [IPAddress]
    package var prefixes: [IPPrefix]
    package var groups: [String]
    /// Whether the kernel judges it.
    package var isInForce: Bool
    /// Whether attach made it, and no policy names it; nil from an agent that does not say.
    package var isMade: Bool?
    package var problem: String?
    /// Frames that the bridge's port stage dropped, by kind; each frame has one.
    package var refused: [String: UInt64]

    package init(
        interface: String, vpc: String, device: String?, attachment: Attachment, bridge: String? = nil,
        mac: MACAddress? = nil, addresses: [IPAddress] = [], prefixes: [IPPrefix] = [], groups: [String] = [],
        isInForce: Bool = false, isMade: Bool? = nil, problem: String? = nil, refused: [String: UInt64] = [:]
    ) {
        self.interface = interface
        self.vpc = vpc
        self.device = device
        self.attachment = attachment
        self.bridge = bridge
        self.mac = mac
        self.addresses = addresses
        self.prefixes = prefixes
        self.groups = groups
        self.isInForce = isInForce
        self.isMade = isMade
        self.problem = problem
        self.refused = refused
    }

    /// As a person reads them.
    package var addressTexts: [String] { addresses.map(\.description) + prefixes.map(\.description) }

    /// What is counted of a port that nobody claims.
    package static let unknownKind = "unknown"
}

/// Where one interface hangs, in a word.
package struct InterfaceAttachment: Hashable, Sendable, Codable {
    /// `shop: web-1/eth0`
    package var interface: String
    package var attachment: Attachment
    package var bridge: String?

    package init(interface: String, attachment: Attachment, bridge: String?) {
        self.interface = interface
        self.attachment = attachment
        self.bridge = bridge
    }

    /// `shop: web-1/eth0 bridged (br0)`
    package var words: String { "\(interface) \(attachment.rawValue)" + (bridge.map { " (\($0))" } ?? "") }
}

package import Model

/// A span in which packets could pass a device, or all of a host's, that no rule of ours judged.
package struct UnguardedSpan: Hashable, Sendable, Codable {
    /// The last moment at which all was known to be well, so that the span is never said to be shorter than it was.
    package var since: Timestamp
    /// When all was well again; nil while it is not.
    package var until: Timestamp?
    /// What happened, in words.
    package var cause: String
    /// The devices; empty for all.
    package var devices: [String]

    package init(since: Timestamp, until: Timestamp?, cause: String, devices: [String]) {
        self.since = since
        self.until = until
        self.cause = cause
        self.devices = devices
    }
}

/// An interface that rules cannot judge where it hangs.
package struct NotEnforced: Hashable, Sendable, Codable {
    package var interface: Identifier<Interface>
    /// `web-1/eth0`
    package var label: String
    package var device: String
    /// Why, and what to do.
    package var reason: String

    package init(interface: Identifier<Interface>, label: String, device: String, reason: String) {
        self.interface = interface
        self.label = label
        self.device = device
        self.reason = reason
    }

    /// As a line for a person.
    package var line: String { "\(label): \(reason)" }
}

/// What a policy would find of its devices on a host, and what it would leave behind there.
package struct DeviceOutlook: Hashable, Sendable, Codable {
    /// Devices that are not there: their names are judged as soon as something has them.
    package var missing: [String]
    /// Interfaces for which the policy would be refused.
    package var notEnforced: [NotEnforced]
    /// Devices that would lose their interface, and be refused everything until they are gone or released.
    package var held: [String]

    package init(missing: [String], notEnforced: [NotEnforced], held: [String]) {
        self.missing = missing
        self.notEnforced = notEnforced
        self.held = held
    }
}

/// A log resource: which events of which group and interface are written, on behalf of which project.
package struct LogResource: Hashable, Sendable, Codable {
    /// What a log asks for.
    package enum Event: String, Hashable, Sendable, Codable {
        case accept = "ACCEPT"
        case drop = "DROP"
        case all = "ALL"

        package func includes(_ verdict: Verdict) -> Bool {
            switch self {
            case .all: true
            case .accept: verdict == .accept
            case .drop: verdict == .drop
            }
        }
    }

    /// The id, as clients know it.
    package let id: String
    package let project: String
    package let event: Event
    /// Only events of this group's rules, and drops on interfaces that carry it; nil is every group of the project.
    package let group: Identifier<SecurityGroup>?
    /// Only events of this interface.
    package let interface: Identifier<Interface>?

    package init(
        id: String, project: String, event: Event, group: Identifier<SecurityGroup>?, interface: Identifier<Interface>?
    ) {
        self.id = id
        self.project = project
        self.event = event
        self.group = group
        self.interface = interface
    }
}

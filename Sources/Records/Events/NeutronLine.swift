package import Model

/// The line that Neutron's security group log writes for a session, as its readers expect it.
///
/// ```
/// May  5 09:05:07 action=ACCEPT project_id=P log_resource_ids=['L', 'L'] vm_port=I ethernet(…), ipv4(…), tcp(…)
/// ```
///
/// The prefix is that of syslog, in UTC. `project_id` is the name of the interface's project and `vm_port` the
/// interface's id. Keys inside a layer are in alphabetical order. A MAC that the packet came without is `None`, and so
/// is the project of an interface that the catalogue doesn't know. Bytes that are no known header, or are cut off, end
/// the line as a Python bytes literal. Nothing of the packet reaches the line other than as a number, an address or an
/// escaped byte: a guest cannot forge a line.
package struct NeutronLine: Sendable {
    /// What may differ from the line as it was first documented.
    package struct Options: Hashable, Sendable {
        /// Whether `pkt=` stands before the layers, as Neutron's code writes and its documentation doesn't.
        package var includesPacketKey: Bool
        /// Whether ` rule_id=… revision=… direction=…` ends the line, which Neutron doesn't know.
        package var includesDecision: Bool

        package init(includesPacketKey: Bool = false, includesDecision: Bool = false) {
            self.includesPacketKey = includesPacketKey
            self.includesDecision = includesDecision
        }
    }

    private let options: Options
    private var catalogue: Catalogue
    /// For each interface ` project_id=…`, made when it is first needed.
    private var projects: [Identifier<Interface>: [UInt8]] = [:]

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    package init(catalogue: Catalogue, options: Options = Options()) {
        self.catalogue = catalogue
        self.options = options
    }

    /// Takes the names of a newer catalogue for the lines that follow.
    package mutating func learn(_ catalogue: Catalogue) {
        self.catalogue = catalogue
        projects.removeAll(keepingCapacity: true)
    }

    /// Writes the event as one line with its line feed; `logResources` are the ids of the logs that asked for it.
    package mutating func append(_ event: SessionEvent, logResources: [String] = [], to line: inout ByteLine) {
        appendPrefix(event.time, to: &line)
        line.append("action=")
        line.append(event.verdict.word)
        appendProject(event.interface, to: &line)
        line.append(" log_resource_ids=[")
        for (index, resource) in logResources.enumerated() {
            line.append(index == 0 ? "'" : ", '")
            line.append(token: resource)
            line.append(UInt8(ascii: "'"))
        }
        line.append("] vm_port=")
        line.append(event.interface)
        line.append(options.includesPacketKey ? " pkt=" : " ")
        PacketText(event.packet).append(event, to: &line)
        if options.includesDecision {
            line.append(" rule_id=")
            line.append(event.rule)
            line.append(" revision=")
            line.append(decimal: event.revision)
            line.append(" direction=")
            line.append(event.direction.rawValue)
        }
        line.append(UInt8(ascii: "\n"))
    }

    /// Writes a line that says how many events a log's rate held back between two instants:
    /// `Nov 21 09:05:08 suppressed=17 project_id=P log_resource_ids=['L'] from=… to=… reason=rate_limit`.
    package mutating func append(
        suppressed count: UInt64, of log: LogResource, from: Timestamp, to: Timestamp, to line: inout ByteLine
    ) {
        appendPrefix(to, to: &line)
        line.append("suppressed=")
        line.append(decimal: count)
        line.append(" project_id=")
        line.append(token: log.project)
        line.append(" log_resource_ids=['")
        line.append(token: log.id)
        line.append("'] from=")
        line.append(from, fractionDigits: 3)
        line.append(" to=")
        line.append(to, fractionDigits: 3)
        line.append(" reason=rate_limit\n")
    }

    /// Writes `Nov 21 09:05:07 `; a day of one digit has a space before it.
    private func appendPrefix(_ time: Timestamp, to line: inout ByteLine) {
        let calendar = CivilTime(time)
        line.append(Self.months[calendar.month - 1])
        line.append(calendar.day < 10 ? "  " : " ")
        line.append(decimal: calendar.day)
        line.append(UInt8(ascii: " "))
        line.append(clockOf: calendar)
        line.append(UInt8(ascii: " "))
    }

    private mutating func appendProject(_ interface: Identifier<Interface>, to line: inout ByteLine) {
        if let known = projects[interface] {
            line.append(known)
        } else if let placement = catalogue.placement(interface) {
            var made = ByteLine(capacity: 64)
            made.append(" project_id=")
            made.append(token: placement.project)
            projects[interface] = made.bytes
            line.append(made.bytes)
        } else {
            line.append(" project_id=None")
        }
    }
}

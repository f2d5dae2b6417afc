package import Model

/// One way of writing events as lines. A further one is one file, and one line in `EventFormats.standard`.
package protocol EventFormat: Sendable {
    /// The file that its lines are in, unless a sink says otherwise.
    static var fileName: String { get }
    /// Whether a governed host writes only events that logs ask for.
    static var isSelective: Bool { get }

    /// * `host`: who tells the events.
    init(host: String, catalogue: Catalogue)

    /// Takes the names of a newer catalogue for the lines that follow.
    mutating func learn(_ catalogue: Catalogue)
    /// Writes an event as one line; `logs` are the ids of the logs that ask for it.
    mutating func append(_ event: SessionEvent, logs: [String], to line: inout ByteLine)
    /// Says how many events a span of time has beside those that are lines; nothing where the format has no word for it.
    mutating func append(_ summary: EventSummary, to line: inout ByteLine)
    /// Says how many events a log's rate held back; nothing where the format has no word for it.
    mutating func append(
        suppressed count: UInt64, of log: LogResource, from: Timestamp, to: Timestamp, to line: inout ByteLine)
}

extension EventFormat {
    package mutating func append(_ summary: EventSummary, to line: inout ByteLine) {}
    package mutating func append(
        suppressed count: UInt64, of log: LogResource, from: Timestamp, to: Timestamp, to line: inout ByteLine
    ) {}
}

/// The formats of the event log, in the order in which they are written.
///
/// JSON lines come last: the number of their last event then says that all have it.
package enum EventFormats {
    package static let standard: [any EventFormat.Type] = [NeutronLine.self, EventJSON.self]
}

extension EventJSON: EventFormat {
    package static let fileName = "events.jsonl"
    package static let isSelective = false

    package mutating func append(_ event: SessionEvent, logs: [String], to line: inout ByteLine) {
        append(event, to: &line)
    }

    package mutating func append(_ summary: EventSummary, to line: inout ByteLine) { summary.append(to: &line) }
}

extension NeutronLine: EventFormat {
    package static let fileName = "events.log"
    package static let isSelective = true

    package init(host: String, catalogue: Catalogue) {
        self.init(catalogue: catalogue, options: .init(includesDecision: true))
    }

    package mutating func append(_ event: SessionEvent, logs: [String], to line: inout ByteLine) {
        // Neutron has no word for what is only noted.
        guard !event.isObservation else { return }
        append(event, logResources: logs, to: &line)
    }
}

import Host
import Model
import Records
import Sinks

/// The event logs, in each format to its sinks, within a rate.
///
/// What is beyond the rate is counted and told once a second by a summary line, so that no total is lost. Lines are handed
/// to the sinks before the journal lets go of the datagrams they come from; the last line's number says where a successor
/// has to go on.
struct EventLog: ~Copyable {
    /// One format with those who take its lines.
    private struct Output {
        let type: any EventFormat.Type
        var format: any EventFormat
        var sinks: [any EventSink]
        var lines = ByteLine(capacity: 1 << 20)

        /// * `logs`: those that have room for the event; nil where every event is written, for no log.
        mutating func append(_ event: SessionEvent, logs: [String]?) {
            guard type.isSelective, let logs else { return format.append(event, logs: [], to: &lines) }
            if !logs.isEmpty { format.append(event, logs: logs, to: &lines) }
        }

        mutating func append(_ held: LogSelection.Suppressed, from: Timestamp, to: Timestamp) {
            format.append(suppressed: held.count, of: held.log, from: from, to: to, to: &lines)
        }

        mutating func append(_ summary: EventSummary) { format.append(summary, to: &lines) }
    }

    private let host: String
    private let folder: String
    private let kinds: [any EventSinkKind]
    private var outputs: [Output]
    private var selection: LogSelection
    /// Lines that sinks of before did not take.
    private var missedByFormer: UInt64 = 0
    private let linesPerSecond: Int
    private var second: Int64 = 0
    private var linesThisSecond = 0
    private var suppressed: UInt64 = 0
    private var lost: UInt64 = 0
    private(set) var events: UInt64 = 0
    private(set) var eventsSuppressed: UInt64 = 0
    private(set) var eventsLost: UInt64 = 0
    /// The number of the last event in the log that an earlier process wrote.
    let lastSequence: UInt64

    /// * `folder`: where the formats' files are, unless settings say otherwise.
    /// * `formats`: in the order in which they are written; the last must be one that is read back, JSON lines.
    init(
        folder: String, host: String, catalogue: Catalogue, linesPerSecond: Int, settings: NetworkLogSettings,
        formats: [any EventFormat.Type] = EventFormats.standard, sinks kinds: [any EventSinkKind] = EventSinks.standard
    ) throws(SystemError) {
        let last = try Self.lastSequence("\(folder)/\(EventJSON.fileName)")
        var opened: [Output] = []
        for type in formats {
            opened.append(
                Output(
                    type: type, format: type.init(host: host, catalogue: catalogue),
                    sinks: try Self.sinks(of: type, folder, settings, kinds)))
        }
        self.host = host
        self.folder = folder
        self.linesPerSecond = linesPerSecond
        self.kinds = kinds
        selection = LogSelection(settings)
        lastSequence = last
        outputs = opened
    }

    private static func sinks(
        of type: any EventFormat.Type, _ folder: String, _ settings: NetworkLogSettings, _ kinds: [any EventSinkKind]
    ) throws(SystemError) -> [any EventSink] {
        let place = EventSinkPlace(
            format: type, folder: folder, ownPath: type.isSelective ? settings.outputPath : nil)
        var sinks: [any EventSink] = []
        for kind in kinds { if let sink = try kind.sink(place) { sinks.append(sink) } }
        return sinks
    }

    /// Reads the end of the log for its last event's number; a line that a crash cut off is removed.
    private static func lastSequence(_ path: String) throws(SystemError) -> UInt64 {
        for candidate in [path, path + ".1"] {
            guard let bytes = try DurableFile.read(candidate, lastBytes: 1 << 20), !bytes.isEmpty else { continue }
            let lines = bytes.split(separator: UInt8(ascii: "\n"))
            for line in lines.reversed() {
                if case .event(let entry)? = try? EventLogLine(reading: line) { return entry.sequence }
            }
        }
        return 0
    }

    /// Lines that some sink did not take; the file has them.
    var missed: UInt64 { missedByFormer + presentMissed }

    /// What is wrong with sinks while they go on.
    var problems: [String] { outputs.flatMap(\.sinks).compactMap(\.problem) }

    private var presentMissed: UInt64 { outputs.flatMap(\.sinks).reduce(0) { $0 + $1.missed } }

    mutating func learn(_ catalogue: Catalogue, _ revision: Revision) {
        for index in outputs.indices { outputs[index].format.learn(catalogue) }
        // What the former logs held back is told before they may be gone.
        appendSuppressed(until: SystemClock.realtime)
        selection.adopt(revision)
    }

    /// Whether a line for one more event fits into this second; otherwise the event is counted.
    mutating func admits(now: Int64) -> Bool {
        events += 1
        let present = now / 1_000_000_000
        if present != second {
            summarise(until: now)
            second = present
            linesThisSecond = 0
        }
        guard linesThisSecond < linesPerSecond else {
            suppressed += 1
            eventsSuppressed += 1
            return false
        }
        linesThisSecond += 1
        return true
    }

    mutating func append(_ event: SessionEvent) {
        // nil where every event is written, for no log.
        let logs =
            selection.isGoverned ? selection.admitting(selection.covering(event), at: event.time.nanoseconds) : nil
        for index in outputs.indices { outputs[index].append(event, logs: logs) }
    }

    /// Tells what each log's rate held back, so that no total is lost.
    private mutating func appendSuppressed(until now: Int64) {
        for held in selection.takeSuppressed() {
            for index in outputs.indices {
                outputs[index].append(held, from: Timestamp(seconds: second), to: Timestamp(nanoseconds: now))
            }
        }
    }

    /// States events that the kernel had to drop.
    mutating func noteLoss(_ count: UInt64) {
        lost += count
        eventsLost += count
    }

    /// Writes a summary once the second that it is for is over.
    mutating func summariseIfDue(now: Int64) {
        if now / 1_000_000_000 != second { summarise(until: now) }
    }

    /// Writes what this second held back or lost, if anything.
    mutating func summarise(until now: Int64) {
        appendSuppressed(until: now)
        guard suppressed > 0 || lost > 0 else { return }
        let summary = EventSummary(
            host: host, lost: lost, suppressed: suppressed, from: Timestamp(seconds: second),
            to: Timestamp(nanoseconds: now))
        for index in outputs.indices { outputs[index].append(summary) }
        (suppressed, lost) = (0, 0)
    }

    /// Hands the lines to the sinks; what a sink must be offered again stays, and so do the formats after it.
    mutating func write() throws(SystemError) {
        for index in outputs.indices where !outputs[index].lines.isEmpty {
            for sink in outputs[index].sinks where sink.takesUngoverned || selection.isGoverned {
                try sink.take(outputs[index].lines.bytes)
            }
            outputs[index].lines.removeAll()
        }
    }

    /// How Neutron's log is written.
    var settings: NetworkLogSettings { selection.settings }

    /// Opens the files anew, after somebody moved them away, and goes on with these settings.
    ///
    /// What the former rates held back is told first, where the former lines are: no total is lost, and none told twice.
    ///
    /// - Throws: where a file cannot be opened; then everything is as it was.
    mutating func reopen(_ next: NetworkLogSettings, now: Int64 = SystemClock.realtime) throws(SystemError) {
        var opened: [[any EventSink]] = []
        for output in outputs { opened.append(try Self.sinks(of: output.type, folder, next, kinds)) }
        if next != settings {
            appendSuppressed(until: now)
            // Lines that find no room now wait for the new file.
            try? write()
        }
        missedByFormer = missed
        for index in outputs.indices { outputs[index].sinks = opened[index] }
        selection.settings = next
    }
}

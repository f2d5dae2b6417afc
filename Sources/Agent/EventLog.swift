import Host
import Model
import Records

/// The two event logs, as JSON lines and in Neutron's lines, within a rate.
///
/// What is beyond the rate is counted and told once a second by a summary line, so that no total is lost. Lines are handed
/// to the kernel before the journal lets go of the datagrams they come from; the last line's number says where a successor
/// has to go on.
struct EventLog: ~Copyable {
    /// A log file is set aside as `.1` when it has grown to this many bytes.
    private static let rotationBytes = 64 << 20
    /// So many that were set aside are kept, for readers that were away.
    private static let generations = 8

    private let host: String
    private let jsonPath: String
    /// Where Neutron's lines go unless a file of their own is set.
    private let usualTextPath: String
    private var jsonFile: LogFile
    private var textFile: LogFile
    private var json: EventJSON
    private var text: NeutronLine
    private var selection: LogSelection
    /// Where governed hosts' lines go too, unless a file of their own is set.
    private var systemLog: SystemLog?
    private var missedByFormerSystemLogs: UInt64 = 0
    private var jsonLines = ByteLine(capacity: 1 << 20)
    private var textLines = ByteLine(capacity: 1 << 20)
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

    init(
        jsonPath: String, textPath: String, host: String, catalogue: Catalogue, linesPerSecond: Int,
        settings: NetworkLogSettings
    ) throws(SystemError) {
        let last = try Self.lastSequence(jsonPath)
        let ownPath = settings.outputPath ?? textPath
        let opened = (try LogFile.open(jsonPath), try LogFile.open(ownPath))
        self.host = host
        self.linesPerSecond = linesPerSecond
        self.jsonPath = jsonPath
        usualTextPath = textPath
        selection = LogSelection(settings)
        systemLog = settings.outputPath == nil ? SystemLog() : nil
        lastSequence = last
        jsonFile = LogFile(jsonPath, descriptor: opened.0.0, bytes: opened.0.1)
        textFile = LogFile(ownPath, descriptor: opened.1.0, bytes: opened.1.1)
        json = EventJSON(host: host, catalogue: catalogue)
        text = NeutronLine(catalogue: catalogue, options: .init(includesDecision: true))
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

    /// Lines that the system's log did not take; the file has them.
    var missedBySystemLog: UInt64 { missedByFormerSystemLogs + (systemLog?.missed ?? 0) }

    mutating func learn(_ catalogue: Catalogue, _ revision: Revision) {
        json.learn(catalogue)
        text.learn(catalogue)
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
        json.append(event, to: &jsonLines)
        guard selection.isGoverned else {
            text.append(event, to: &textLines)
            return
        }
        let admitting = selection.admitting(selection.covering(event), at: event.time.nanoseconds)
        if !admitting.isEmpty { text.append(event, logResources: admitting, to: &textLines) }
    }

    /// Tells what each log's rate held back, so that no total is lost.
    private mutating func appendSuppressed(until now: Int64) {
        for held in selection.takeSuppressed() {
            text.append(
                suppressed: held.count, of: held.log, from: Timestamp(seconds: second), to: Timestamp(nanoseconds: now),
                to: &textLines)
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
        summary.append(to: &jsonLines)
        (suppressed, lost) = (0, 0)
    }

    /// Hands the lines to the kernel.
    mutating func write() throws(SystemError) {
        guard !jsonLines.isEmpty || !textLines.isEmpty else { return }
        // The text first: the JSON log's last number then says that both are written.
        try textFile.append(textLines.bytes)
        if selection.isGoverned { systemLog?.send(lines: textLines.bytes, tag: "gatehouse-agent") }
        textLines.removeAll()
        try jsonFile.append(jsonLines.bytes)
        jsonLines.removeAll()
        if jsonFile.bytes > Self.rotationBytes { try jsonFile.rotate(keeping: Self.generations) }
        if textFile.bytes > Self.rotationBytes { try textFile.rotate(keeping: Self.generations) }
    }

    /// How Neutron's log is written.
    var settings: NetworkLogSettings { selection.settings }

    /// Opens the files anew, after somebody moved them away, and goes on with these settings.
    ///
    /// What the former rates held back is told first, where the former lines are: no total is lost, and none told twice.
    ///
    /// - Throws: where a file cannot be opened; then everything is as it was.
    mutating func reopen(_ next: NetworkLogSettings, now: Int64 = SystemClock.realtime) throws(SystemError) {
        let path = next.outputPath ?? usualTextPath
        let opened = try LogFile.open(jsonPath)
        let openedJSON = LogFile(jsonPath, descriptor: opened.descriptor, bytes: opened.bytes)
        let text = try LogFile.open(path)
        let openedText = LogFile(path, descriptor: text.descriptor, bytes: text.bytes)
        if next != settings {
            appendSuppressed(until: now)
            // Lines that find no room now wait for the new file.
            try? write()
        }
        jsonFile = openedJSON
        textFile = openedText
        if (next.outputPath == nil) != (settings.outputPath == nil) {
            missedByFormerSystemLogs = missedBySystemLog
            systemLog = next.outputPath == nil ? SystemLog() : nil
        }
        selection.settings = next
    }
}

/// A file that lines are added to.
struct LogFile: ~Copyable {
    private let path: String
    private var file: Descriptor
    private(set) var bytes: Int

    /// Takes over an open file that holds so many bytes.
    init(_ path: String, descriptor: Int32, bytes: Int) {
        self.path = path
        file = Descriptor(owning: descriptor)
        self.bytes = bytes
    }

    /// Opens the file at its end; a last line without its end is cut off.
    static func open(_ path: String) throws(SystemError) -> (descriptor: Int32, bytes: Int) {
        let file = try DurableFile.openForAppending(path)
        var bytes = try file.size()
        if let tail = try DurableFile.read(path, lastBytes: 1 << 16), let last = tail.last, last != UInt8(ascii: "\n") {
            let kept = tail.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            bytes -= tail.count - kept
            try file.truncate(to: bytes)
        }
        return (file.release(), bytes)
    }

    /// Adds the lines, all or none.
    mutating func append(_ lines: [UInt8]) throws(SystemError) {
        do throws(SystemError) {
            try file.writeAll(lines)
        } catch {
            try? file.truncate(to: bytes)
            throw error
        }
        bytes += lines.count
    }

    mutating func rotate(keeping generations: Int) throws(SystemError) {
        // The new file first: what finds no room there has set nothing aside.
        let next = path + ".next"
        let opened = try DurableFile.openForAppending(next)
        try LogGenerations(path).setAside(keeping: generations)
        try DurableFile.rename(next, to: path)
        file = opened
        bytes = 0
    }
}

import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Hits: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What enterprise rules blocked and observed, and what observed interfaces would have refused.",
        discussion: """
            One line a session, with the rule as it was named then: which rule interrupted this traffic. The filter is that of
            `gatehouse events`. JSON is the event log's own line.

            Example: gatehouse policy hits --name no-telnet dst=10.1.3.10 --since 1h
            """)

    @Option(help: "Of this enterprise rule only, by its name.")
    var name: String?

    @OptionGroup var options: FilterOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let path = try data.existingFolder().eventsJSON
        let filter = try options.parsed()
        var tail = try FileTail(path, from: .beginning)
        var writer = ListingWriter(HitListing(time: LocalTime(now: .now)), output.format, grows: options.range.follow)
        var unreadable = UnreadableLines()
        let interruption = options.range.follow ? try Interruption() : nil
        if let limit = options.limit {
            var newest = Newest<EventLine>(limit: limit)
            try tail.forEachLine { unreadable.read($0, filter) { if isWanted($0) { newest.add($0) } } }
            newest.elements.forEach { writer.add($0) }
        } else {
            try tail.forEachLine { unreadable.read($0, filter) { if isWanted($0) { writer.add($0) } } }
        }
        while let interruption {
            writer.flush()
            guard try interruption.pause() else { break }
            try tail.forEachLine { unreadable.read($0, filter) { if isWanted($0) { writer.add($0) } } }
        }
        writer.finish()
        if let words = unreadable.words { Console.tell("\(path): \(words)") }
    }

    private func isWanted(_ line: EventLine) -> Bool {
        switch line.content {
        // What is missing may have been hits.
        case .summary: true
        case .event(let entry): entry.isHit && (name == nil || entry.ruleName == name)
        }
    }
}

extension EventEntry {
    /// Whether an enterprise rule met it, or its interface is observed and something would have refused it.
    var isHit: Bool { stage == .enterprise || wouldBe != nil }

    /// What the rule is there for: `block` or `observe`.
    var strategy: String { isObservation || wouldBe != nil ? "observe" : "block" }
}

struct HitListing: Listing {
    let time: LocalTime
    private var events: EventListing { EventListing(time: time) }

    init(time: LocalTime) { self.time = time }

    let columns = [
        TableColumn("TIME", minimumWidth: 12), TableColumn("RULE"), TableColumn("STRATEGY"), TableColumn("VERDICT"),
        TableColumn("INTERFACE", minimumWidth: 12), TableColumn("WAY", minimumWidth: 7),
        TableColumn("SOURCE", minimumWidth: 24), TableColumn("TARGET", minimumWidth: 15),
        TableColumn("SERVICE", minimumWidth: 8), TableColumn("REVISION", isNumber: true),
    ]

    func cells(_ row: EventLine) -> [String] {
        guard case .event(let entry) = row.content else { return [] }
        let service =
            entry.icmpType.map { "\(entry.transport)/\($0)/\(entry.icmpCode ?? 0)" }
            ?? entry.targetPort.map { "\(entry.transport)/\($0)" } ?? "\(entry.transport)"
        let verdict =
            entry.isObservation
            ? SessionEvent.observation
            : entry.wouldBe.map { "would \(Wording.verdict($0))" } ?? Wording.verdict(entry.verdict)
        return [
            time.text(entry.time), entry.ruleName ?? entry.rule ?? entry.ruleID.short, entry.strategy, verdict,
            entry.label ?? entry.interfaceID.short, entry.direction.rawValue,
            Wording.end(entry.source, entry.sourcePort), Wording.end(entry.target, nil), service, "\(entry.revision)",
        ]
    }

    func note(_ row: EventLine) -> String? { events.note(row) }
    func appendJSON(_ row: EventLine, to line: inout ByteLine) { line.append(row.bytes) }
    var keys: [String] { events.keys }
    func fields(_ row: EventLine) -> [Field] { events.fields(row) }
}

import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Coverage: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How many of the sessions that the event log holds an explicit rule decided, interface by interface.",
        discussion: """
            What is left was refused by default, or would have been at an observed interface: there is no rule for it. The guard's
            refusals, and what only observes, are not counted.

            Example: gatehouse policy coverage interface=web-1 --since 7d
            """)

    @OptionGroup var options: FilterOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if options.range.follow { throw ValidationError("--follow: coverage is of what was; ask again") }
    }

    func run() throws {
        let path = try data.existingFolder().eventsJSON
        let filter = try options.parsed()
        var tail = try FileTail(path, from: .beginning)
        var unreadable = UnreadableLines()
        var rows: [String: CoverageRow] = [:]
        try tail.forEachLine {
            unreadable.read($0, filter) { line in
                guard case .event(let entry) = line.content, entry.stage.hasAuthor, !entry.isObservation else { return }
                let name = [entry.vpc, entry.label].compactMap(\.self).joined(separator: "/")
                let label = name.isEmpty ? entry.interfaceID.description : name
                rows[label, default: CoverageRow(interface: label)].add(entry)
            }
        }
        var writer = ListingWriter(CoverageListing(), output.format)
        for (_, row) in rows.sorted(by: { $0.key < $1.key }) { writer.add(row) }
        writer.finish()
        if let words = unreadable.words { Console.tell("\(path): \(words)") }
    }
}

struct CoverageRow {
    let interface: String
    private(set) var sessions = 0
    private(set) var covered = 0

    init(interface: String) { self.interface = interface }

    mutating func add(_ entry: EventEntry) {
        sessions += 1
        let isDefault = entry.stage == .group && (entry.verdict == .drop || entry.wouldBe != nil)
        if !isDefault { covered += 1 }
    }

    /// Parts of a hundred, rounded down: 100 is all.
    var percent: Int { sessions == 0 ? 100 : covered * 100 / sessions }
}

struct CoverageListing: Listing {
    let columns = [
        TableColumn("INTERFACE"), TableColumn("SESSIONS", isNumber: true), TableColumn("BY A RULE", isNumber: true),
        TableColumn("PERCENT", isNumber: true),
    ]

    func cells(_ row: CoverageRow) -> [String] {
        [row.interface, "\(row.sessions)", "\(row.covered)", "\(row.percent)"]
    }

    let keys = ["interface", "sessions", "covered", "percent"]

    func fields(_ row: CoverageRow) -> [Field] {
        [
            Field("interface", .text(row.interface)), Field("sessions", .number(row.sessions)),
            Field("covered", .number(row.covered)), Field("percent", .number(row.percent)),
        ]
    }
}

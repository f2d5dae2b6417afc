import Analysis
import ArgumentParser
import Model
import Records
import Terminal

struct LintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint",
        abstract:
            "What a policy says that its author may not have meant: rules that decide nothing, refuse answers, say too much.",
        discussion: """
            Each finding has a packet that shows it, where there is one. What is said of a rule against the rules beside it holds \
            for whatever interfaces come. Exit code 3 where a kind that --deny names is found.

            Example: gatehouse lint -f shop.yaml --deny shadowed,contradictory
            """)

    @Option(name: .shortAndLong, help: "The policy file (default: the latest revision of this host).")
    var file: String?

    @Option(
        help: ArgumentHelp(
            "Kinds that make the exit code 3, with commas between: "
                + Finding.Kind.allCases.map(\.rawValue).joined(separator: ", ") + ", or any."))
    var deny: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws { _ = try denied() }

    func run() throws {
        let policy = try file.map { try PolicySource.load($0, "--file") } ?? PolicySource.latest(data).policy
        let findings = Lint(policy).findings
        var writer = ListingWriter(FindingListing(), output.format)
        for finding in findings { writer.add(finding) }
        writer.finish()
        let denied = try denied()
        if findings.contains(where: { denied.contains($0.kind) }) { throw ExitCode.no }
    }

    private func denied() throws -> Set<Finding.Kind> {
        guard let deny else { return [] }
        if deny == "any" { return Set(Finding.Kind.allCases) }
        return try Set(
            deny.split(separator: ",", omittingEmptySubsequences: false).map { word in
                guard let kind = Finding.Kind(rawValue: String(word)) else {
                    let words = Finding.Kind.allCases.map(\.rawValue)
                    throw ValidationError(
                        "--deny \(word): \(Suggestion.mend(String(word), among: words, none: "give a kind, or any"))")
                }
                return kind
            })
    }
}

/// How findings are listed.
struct FindingListing: Listing {
    let columns = [
        TableColumn("KIND"), TableColumn("IN"), TableColumn("RULE"), TableColumn("BECAUSE OF"),
        TableColumn("FOR EXAMPLE"),
    ]

    func cells(_ row: Finding) -> [String] {
        let by = row.by.count <= 3 ? row.by : row.by.prefix(3) + ["and \(row.by.count - 3) more"]
        let witness = row.witness.map { "\($0.initiator) → \($0.target) \(Wording.service($0))" } ?? "-"
        return [row.kind.rawValue, row.place, row.rule ?? "-", by.joined(separator: "; "), witness]
    }

    let keys = ["kind", "in", "rule", "by", "witness"]

    func fields(_ row: Finding) -> [Field] {
        [
            Field("kind", .text(row.kind.rawValue)), Field("in", .text(row.place)), Field("rule", .text(row.rule)),
            Field("by", .texts(row.by)), Field("witness", row.witness.map(Datum.init(witness:)) ?? .absent),
        ]
    }
}

import ArgumentParser
import Link
import Model
import Policy
import Records
import Terminal

struct Revisions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Every policy state that the host had, and who made it.",
        discussion: "Example: gatehouse revisions --output json",
        subcommands: [List.self, Show.self, Diff.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List all revisions, oldest first.",
            discussion: "Example: gatehouse revisions list --output jsonl")

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            let store = RevisionStore(try data.existingFolder())
            var writer = ListingWriter(RevisionListing(time: LocalTime(now: .now)), output.format)
            for number in try store.numbers() {
                if let revision = try store.load(number) { writer.add(revision) }
            }
            writer.finish()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show all that a revision says.", discussion: "Example: gatehouse revisions show 3")

        @Argument(help: "The revision's number, as `gatehouse revisions` lists it.")
        var number: Int

        @OptionGroup var data: DataOptions

        func run() throws {
            let revision = try StoredRevisions(data).load(number)
            let time = LocalTime(now: .now)
            print("revision \(number) by \(revision.actor) from \(revision.origin), made \(time.text(revision.madeAt))")
            for line in PolicyDifference(from: .empty, to: revision.policy).lines { print(line.text) }
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What changed from one revision to another, as `apply --plan` tells it.",
            discussion: "Example: gatehouse revisions diff 3 5")

        @Argument(help: "The earlier revision's number; 0 is none.")
        var from: Int

        @Argument(help: "The later one's (default: the newest).")
        var to: Int?

        @OptionGroup var data: DataOptions

        func run() throws {
            let stored = try StoredRevisions(data)
            let (first, second) = (try stored.load(from), try stored.load(to ?? stored.newest))
            // A rule that went and came again has another id, and says the same.
            let next = first.next(policy: second.policy, actor: "", origin: "", at: second.madeAt)
            let difference = PolicyDifference(from: first.policy, to: next.policy)
            for line in difference.lines { print(Console.paint(line.text, line.kind.colour)) }
            print("\(difference.summary) (from revision \(first.number) to \(second.number))")
        }
    }
}

/// The revisions of a host, by number.
struct StoredRevisions {
    private let store: RevisionStore
    private let numbers: [Int]

    init(_ data: DataOptions) throws {
        store = RevisionStore(try data.existingFolder())
        numbers = try store.numbers()
    }

    var newest: Int { numbers.last ?? 0 }

    /// The revision; 0 is the state before any.
    func load(_ number: Int) throws -> Revision {
        if number == 0 { return .none }
        guard let revision = try store.load(number) else {
            let known = numbers.isEmpty ? "there is none yet" : "there are \(numbers.first ?? 0) to \(newest)"
            throw NotFound("revision \(number): \(known), as `gatehouse revisions` lists them")
        }
        return revision
    }
}

/// How revisions are listed.
struct RevisionListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("REVISION", isNumber: true), TableColumn("WHEN"), TableColumn("WHO"), TableColumn("FROM"),
        TableColumn("GROUPS", isNumber: true), TableColumn("RULES", isNumber: true),
        TableColumn("INTERFACES", isNumber: true),
    ]

    func cells(_ row: Revision) -> [String] {
        let groups = row.policy.vpcs.flatMap(\.groups)
        return [
            "\(row.number)", time.text(row.madeAt, fractionDigits: 0), row.actor, row.origin, "\(groups.count)",
            "\(groups.flatMap(\.rules).count)", "\(row.policy.placements.count)",
        ]
    }

    let keys = ["revision", "made_at", "made_by", "origin", "project", "groups", "rules", "interfaces", "collectors"]

    func fields(_ row: Revision) -> [Field] {
        let groups = row.policy.vpcs.flatMap(\.groups)
        return [
            Field("revision", .number(row.number)), Field("made_at", .instant(row.madeAt)),
            Field("made_by", .text(row.actor)), Field("origin", .text(row.origin)),
            Field("project", .text(row.policy.project)), Field("groups", .number(groups.count)),
            Field("rules", .number(groups.flatMap(\.rules).count)),
            Field("interfaces", .number(row.policy.placements.count)),
            Field("collectors", .number(row.policy.collectors.count)),
        ]
    }
}

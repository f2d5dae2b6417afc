import ArgumentParser
import Link
import Model
import Records
import Terminal

struct Revisions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Every policy state that the host had, and who made it.",
        discussion: "Example: gatehouse revisions --output json")

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

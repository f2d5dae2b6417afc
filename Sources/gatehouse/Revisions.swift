import ArgumentParser
import Link
import Model

struct Revisions: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Every policy state that the host had, and who made it.", discussion: "Example: gatehouse revisions")

    @OptionGroup var data: DataOptions

    @Option(name: .shortAndLong, help: "How to write the answer: table, json, jsonl, csv.")
    var output = OutputFormat.table

    func run() throws {
        let store = RevisionStore(try data.existingFolder())
        var table = Table(["REVISION", "WHEN", "WHO", "FROM", "GROUPS", "RULES", "INTERFACES"])
        for number in try store.numbers() {
            guard let revision = try store.load(number) else { continue }
            let groups = revision.policy.vpcs.flatMap(\.groups)
            table.add([
                "\(number)", revision.madeAt.text(fractionDigits: 0), revision.actor, revision.origin,
                "\(groups.count)",
                "\(groups.flatMap(\.rules).count)", "\(revision.policy.placements.count)",
            ])
        }
        try table.write(output)
    }
}

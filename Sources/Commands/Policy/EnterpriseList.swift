import ArgumentParser
import Link
import Model
import Records
import Terminal

struct EnterpriseList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enterprise",
        abstract: "The enterprise rules of the latest revision, in the order in which they are asked.",
        discussion: "Example: gatehouse policy enterprise --output json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let revision = try RevisionChoice.latest.load(RevisionStore(try data.existingFolder()))
        var writer = ListingWriter(EnterpriseListing(time: LocalTime(now: .now), revision: revision), output.format)
        for (place, rule) in (revision.policy.enterprise ?? []).enumerated() {
            writer.add(EnterpriseRow(place: place + 1, rule: rule))
        }
        writer.finish()
    }
}

/// A rule with its place in the list, from 1 on.
struct EnterpriseRow {
    let place: Int
    let rule: EnterpriseRule

    /// `in force`, or why it is not.
    func state(_ now: Timestamp) -> String {
        if rule.isInForce(at: now) { return "in force" }
        if !rule.isEnabled { return "off" }
        return rule.expires.map { $0 <= now } ?? false ? "expired" : "not its hour"
    }
}

struct EnterpriseListing: Listing {
    let time: LocalTime
    let revision: Revision

    let columns = [
        TableColumn("#", isNumber: true), TableColumn("NAME"), TableColumn("STATE"), TableColumn("ACTION"),
        TableColumn("WAY"), TableColumn("FROM"), TableColumn("TO"), TableColumn("SERVICE"), TableColumn("OWNER"),
        TableColumn("EXPIRES"), TableColumn("RULE"),
    ]

    func cells(_ row: EnterpriseRow) -> [String] {
        let rule = row.rule
        return [
            "\(row.place)", rule.name, row.state(.now), rule.action.rawValue, rule.direction.rawValue, end(rule.source),
            end(rule.target), rule.services.map(\.description).joined(separator: ","), rule.owner ?? "",
            rule.expires.map { time.text($0, fractionDigits: 0) } ?? "", rule.id.short,
        ]
    }

    private func end(_ end: EnterpriseEnd) -> String {
        end.elements.count > 3 ? "\(end.elements.count) elements" : "\(end)"
    }

    let keys = [
        "place", "name", "state", "action", "direction", "from", "to", "services", "scope", "enabled", "log", "expires",
        "owner", "ticket", "note", "rule_id", "since_revision",
    ]

    func fields(_ row: EnterpriseRow) -> [Field] {
        let rule = row.rule
        return [
            Field("place", .number(row.place)), Field("name", .text(rule.name)), Field("state", .text(row.state(.now))),
            Field("action", .text(rule.action.rawValue)), Field("direction", .text(rule.direction.rawValue)),
            Field("from", .text("\(rule.source)")), Field("to", .text("\(rule.target)")),
            Field("services", .texts(rule.services.map(\.description))), Field("scope", .text(rule.scope?.description)),
            Field("enabled", .truth(rule.isEnabled)), Field("log", .truth(rule.isLogged)),
            Field("expires", .instant(rule.expires)), Field("owner", .text(rule.owner)),
            Field("ticket", .text(rule.ticket)), Field("note", .text(rule.note)),
            Field("rule_id", .text(rule.id.description)),
            Field("since_revision", .number(revision.ruleOrigins[rule.id.description])),
        ]
    }
}

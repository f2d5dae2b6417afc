import Investigation
import Records
import Sigma
import Terminal

/// How what Sigma rules find is listed.
struct MatchListing: Listing {
    let columns = [
        TableColumn("START"), TableColumn("LEVEL"), TableColumn("RULE"), TableColumn("RECORD"), TableColumn("GROUP"),
        TableColumn("COUNT", isNumber: true),
    ]

    func cells(_ match: SigmaMatch) -> [String] {
        [
            String(Finding.time(match.start).prefix(19)), match.level, match.title, match.record,
            match.group.map { "\($0.name)=\($0.value)" }.joined(separator: " "), String(match.count),
        ]
    }

    var keys: [String] {
        ["id", "rule_id", "title", "level", "start", "evidence", "count", "group", "value", "tags"]
    }

    func fields(_ match: SigmaMatch) -> [Field] {
        [
            Field("id", .text(match.record)), Field("rule_id", .text(match.ruleID)), Field("title", .text(match.title)),
            Field("level", .text(match.level)), Field("start", .text(Finding.time(match.start))),
            Field("evidence", .texts(match.evidence)), Field("count", .number(match.count)),
            Field(
                "group", match.group.isEmpty ? .absent : .object(match.group.map { Field($0.name, .text($0.value)) })),
            Field("value", match.value.map { .bare(Self.number($0)) } ?? .absent), Field("tags", .texts(match.tags)),
        ]
    }

    /// Whole numbers without a fraction.
    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }
}

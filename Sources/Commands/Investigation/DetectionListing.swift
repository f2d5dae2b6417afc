import Investigation
import Records
import Terminal

/// How findings are listed.
struct DetectionListing: Listing {
    let archive: String

    let columns = [
        TableColumn("FIRST SEEN"), TableColumn("KIND"), TableColumn("SEVERITY"), TableColumn("SCORE", isNumber: true),
        TableColumn("ENTITY"), TableColumn("TARGETS"), TableColumn("PORTS"), TableColumn("RECORDS", isNumber: true),
    ]

    func cells(_ finding: Finding) -> [String] {
        [
            String(Finding.time(finding.firstSeen).prefix(19)), finding.kind.rawValue, finding.severity.name,
            String(Int(finding.score.rounded())), finding.entity, Self.few(finding.targets, finding.targetCount),
            Self.few(finding.ports.map(String.init), finding.portCount), String(finding.records),
        ]
    }

    /// The first ones, and how many more there are.
    private static func few(_ texts: [String], _ count: Int) -> String {
        let shown = texts.prefix(3)
        let rest = max(count, texts.count) - shown.count
        return shown.joined(separator: " ") + (rest > 0 ? " and \(rest) more" : "")
    }

    var keys: [String] {
        [
            "id", "kind", "entity", "targets", "target_count", "ports", "port_count", "protocol", "first_seen",
            "last_seen", "found_at", "score", "severity", "evidence", "records", "contacts", "technique", "rules",
            "interfaces", "parameters", "score_parts", "note", "replay",
        ]
    }

    func fields(_ finding: Finding) -> [Field] { finding.fields(archive: archive) }
}

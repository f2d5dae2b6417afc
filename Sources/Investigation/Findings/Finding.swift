package import Records

/// One cause that was found, with all that it did.
package struct Finding: Sendable {
    package struct Part: Sendable {
        package let name: String
        package let points: Double
    }

    /// A hash of kind, entity and first record: the same whenever the same records are gone through.
    package let id: String
    package let kind: FindingKind
    /// Who is found: an address, or `tcp/22` where it is a service.
    package let entity: String
    /// At most 64, in order; `targetCount` counts all, exactly or by an estimate.
    package let targets: [String]
    package let targetCount: Int
    package let ports: [Int]
    package let portCount: Int
    package let transport: String?
    /// Microseconds since 1970.
    package let firstSeen: Int64
    package let lastSeen: Int64
    /// When the record began that decided it.
    package let foundAt: Int64
    /// 0 to 100: the sum of its parts.
    package let score: Double
    package let parts: [Part]
    package let severity: Severity
    /// Ids of records, the first 64.
    package let evidence: [String]
    /// How many records belong to it.
    package let records: Int
    /// First contacts, or attempts, until it was found.
    package let contacts: Int
    package let rules: [String]
    package let interfaces: [String]
    package let parameters: [(name: String, value: String)]
    package let note: String?
    /// The filter that shows its records.
    package let filter: String
}

extension Finding {
    /// The finding as fields; `archive` is the folder that its records are in.
    package func fields(archive: String) -> [Field] {
        [
            Field("id", .text(id)), Field("kind", .text(kind.rawValue)), Field("entity", .text(entity)),
            Field("targets", .texts(targets)), Field("target_count", .number(targetCount)),
            Field("ports", .list(ports.map { .number($0) })), Field("port_count", .number(portCount)),
            Field("protocol", .text(transport)), Field("first_seen", .text(Self.time(firstSeen))),
            Field("last_seen", .text(Self.time(lastSeen))), Field("found_at", .text(Self.time(foundAt))),
            Field("score", .bare(Self.decimal(score))), Field("severity", .text(severity.name)),
            Field("evidence", .texts(evidence)), Field("records", .number(records)),
            Field("contacts", .number(contacts)), Field("technique", .text(kind.technique)),
            Field("rules", .texts(rules)), Field("interfaces", .texts(interfaces)),
            Field("parameters", .object(parameters.map { Field($0.name, .text($0.value)) })),
            Field("score_parts", .object(parts.map { Field($0.name, .bare(Self.decimal($0.points))) })),
            Field("note", .text(note)), Field("replay", .text(replay(archive))),
        ]
    }

    private func replay(_ archive: String) -> String {
        "gatehouse flows --archive '\(archive.replacing("'", with: "'\\''"))' --since \(Self.time(firstSeen)) --until "
            + "\(Self.time(lastSeen + 1)) '\(filter)'"
    }

    package static func time(_ microseconds: Int64) -> String { TimeWords.text(microseconds) }

    private static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}

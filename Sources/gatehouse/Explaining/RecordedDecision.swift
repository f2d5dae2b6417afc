import Capture
import Model
import Records

/// What a flow record says of the decision behind it.
struct RecordedDecision {
    let record: FlowRecord
    private let catalogue: Catalogue

    init(_ record: FlowRecord, _ catalogue: Catalogue) {
        self.record = record
        self.catalogue = catalogue
    }

    /// The record of this id, `HOST:SEQUENCE` or the number alone.
    static func find(_ id: String, host: String, spool: String) throws -> FlowRecord {
        let parts = id.split(separator: ":", omittingEmptySubsequences: false)
        guard let sequence = parts.last.flatMap({ UInt64($0) }), parts.count <= 2 else {
            throw NotFound(
                "--flow \(id): not a record's id; write HOST:NUMBER or NUMBER, as `gatehouse flows -o json` shows")
        }
        if parts.count == 2, parts[0] != host {
            throw NotFound("--flow \(id): recorded by \(parts[0]); this is \(host): ask there")
        }
        var found: FlowRecord?
        try SpoolReader(folder: spool).forEach(from: sequence) { item in
            if case .record(let record) = item, record.sequence == sequence { found = record }
        }
        guard let found else {
            throw NotFound("--flow \(id): there is no such record; `gatehouse flows -o json` shows the ids")
        }
        return found
    }

    /// The session's first packet; nil for the summary of a flood that was too wide to name its addresses.
    ///
    /// At an interface that opened the session the record says who sent it, whatever the source address claims.
    func question(_ revision: Revision) -> Question? {
        guard record.detail != .total else { return nil }
        let sender = record.direction == .egress ? record.interface : nil
        return Question(key: record.key, sentBy: sender, revision)
    }

    func lines(_ time: LocalTime) -> [String] {
        let label = catalogue.placement(record.interface)?.label ?? record.interface.description
        let ends = record.detail == .total ? "" : ", \(record.key.initiator) → \(record.key.target)"
        let service = record.detail == .total ? "" : " \(Wording.service(record.key))"
        let reference = catalogue.rule(record.rule)
        let group = reference.flatMap { $0.group.isEmpty ? nil : " in group \($0.group)" } ?? ""
        let force =
            catalogue.revision(record.revision).map { Wording.change($0, time) } ?? "revision \(record.revision)"
        var lines = [
            "record \(record.sequence): \(time.text(record.start)), \(record.direction.rawValue) at \(label)\(ends)\(service)",
            "  \(record.verdict == .accept ? "accepted" : "refused") by \(reference?.text ?? "a rule that is not known here")"
                + "\(group) [\(record.rule.short)]",
            "  in force: \(force)",
        ]
        if let since = reference?.since, since > 0 {
            lines.append(
                "  rule made in \(catalogue.revision(since).map { Wording.change($0, time) } ?? "revision \(since)")")
        }
        return lines
    }

    var fields: [Field] {
        let row = FlowRow(record, host: "", catalogue: catalogue, peers: PeerIndex(catalogue))
        return FlowColumn.allCases.filter { $0 != .id && $0 != .host }.map { Field($0.rawValue, Datum(row.cell($0))) }
    }
}

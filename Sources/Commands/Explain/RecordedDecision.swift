import Model
import Records
import Spools
import Terminal

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

    /// The session's first packet; nil for the summary of a flood that was too wide to name its addresses, and for packets
    /// that did not hold what rules ask for.
    ///
    /// At an interface that opened the session the record says who sent it, whatever the source address claims.
    func question(_ revision: Revision) -> Question? {
        // Rules were asked about what was at the gate, not about what either end saw of a translation.
        let (key, transport) = (record.judgedKey, record.key.transport)
        guard record.detail != .total, key.targetPort != nil || !(transport.hasPorts || transport.isICMP) else {
            return nil
        }
        let sender = record.direction == .egress ? record.interface : nil
        return Question(key: key, sentBy: sender, revision)
    }

    func lines(_ time: LocalTime) -> [String] {
        let label = catalogue.placement(record.interface)?.label ?? record.interface.description
        let key = record.key
        let source = Wording.initiator("\(key.initiator)", record.translation, at: record.direction)
        let target = Wording.target("\(key.target)", record.translation, at: record.direction)
        let session = record.detail == .total ? "" : ", \(source) → \(target) \(Wording.service(key))"
        let verdict = record.verdict == .accept ? "accepted" : "refused"
        let reference = catalogue.rule(record.rule)
        let rule = reference?.text ?? "a rule that is not known here"
        // A default refusal names its group itself.
        let group = reference.flatMap { $0.since > 0 ? " of group \($0.group)" : nil } ?? ""
        let force =
            catalogue.revision(record.revision).map { Wording.change($0, time) } ?? "revision \(record.revision)"
        var lines = [
            "record \(record.sequence): \(time.text(record.start)), \(record.direction.rawValue) at \(label)\(session)",
            "  \(verdict) by \(rule)\(group) [\(record.rule.short)]",
            "  in force: \(force)",
        ]
        if let since = reference?.since, since > 0 {
            let maker = catalogue.revision(since).map { Wording.change($0, time) } ?? "revision \(since)"
            lines.append("  rule made in \(maker)")
        }
        return lines
    }

    var fields: [Field] {
        let row = FlowRow(record, host: "", catalogue: catalogue, peers: PeerIndex(catalogue))
        return FlowColumn.allCases.filter { $0 != .id && $0 != .host }.map { Field($0.rawValue, Datum(row.cell($0))) }
    }
}

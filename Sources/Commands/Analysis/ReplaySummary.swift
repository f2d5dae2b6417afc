import Analysis
import Model
import Terminal

/// Records of which something else would be decided, put together for people.
struct ReplaySummary {
    private struct Key: Hashable {
        let interface: String
        let direction: Direction?
        let peer: IPAddress
        let service: String
        let now: Verdict
        let rule: String
    }

    private struct Total {
        var records = 0
        var bytes: UInt64 = 0
        var last = Timestamp(nanoseconds: 0)
    }

    /// So many kinds of records are told apart; the rest is counted.
    private static let limit = 10_000
    private var totals: [Key: Total] = [:]
    private var others = 0
    private(set) var refused = 0
    private(set) var accepted = 0

    mutating func add(_ change: ArchiveReplay.Change) {
        switch change.now {
        case .accept: accepted += 1
        case .drop: refused += 1
        }
        let key = Key(
            interface: change.interface ?? "-", direction: change.direction,
            peer: change.direction == .ingress ? change.key.initiator : change.key.target,
            service: Wording.service(change.key), now: change.now, rule: change.rule?.text ?? "-")
        guard totals[key] != nil || totals.count < Self.limit else {
            others += 1
            return
        }
        var total = totals[key] ?? Total()
        total.records += 1
        total.bytes &+= change.bytes
        total.last = max(total.last, change.end)
        totals[key] = total
    }

    /// The ten with the most bytes, then how many there are.
    func lines(_ time: LocalTime) -> [String] {
        let first = totals.sorted { ($1.value.bytes, $0.key.interface) < ($0.value.bytes, $1.key.interface) }.prefix(10)
        var lines = first.map { key, total in
            let fate = key.now == .drop ? "would be refused" : "would be accepted"
            let way = key.direction == .ingress ? "from" : "to"
            return
                "\(Wording.count(total.records, "recorded flow")) \(fate): \(key.interface) \(way) \(key.peer) \(key.service), "
                + "\(Wording.bytes(total.bytes)), last \(time.text(total.last)), by \(key.rule)"
        }
        let rest = totals.count - first.count
        if rest > 0 || others > 0 { lines.append("and \(rest + others) more kinds of flows: see gatehouse replay") }
        lines.append(
            "of recorded flows \(refused) would be refused that were accepted, \(accepted) accepted that were refused")
        return lines
    }
}

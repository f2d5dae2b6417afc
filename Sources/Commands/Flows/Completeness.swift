import Model
import Records
import Spools
import Terminal

/// How much of what happened an answer about flows can hold.
struct Completeness {
    private let filter: RecordFilter
    private let interfaces: [String]
    private var lost = Traffic.zero
    private var reasons: Set<LossStatement.Reason> = []
    private var closed: Int64 = 0
    /// Spans in which something passed unjudged.
    private var unguarded: Set<ClosedRange<Int64>> = []
    /// Records that cannot be read any more, and the segments that held them.
    private var unreadable = 0
    private var files: Set<String> = []

    init(_ filter: RecordFilter) {
        self.filter = filter
        interfaces = filter.terms.compactMap { if case .interface(let name) = $0 { name } else { nil } }
    }

    /// Takes an item of the spool into account.
    ///
    /// - Returns: The record, where it is one that is wanted.
    mutating func learn(_ item: SpoolItem, _ catalogue: Catalogue) -> FlowRecord? {
        switch item {
        case .record(let record): return filter.matches(record, catalogue: catalogue) ? record : nil
        case .loss(let loss): learn(loss, catalogue)
        case .uncollected: break
        case .closed(let instant): closed = max(closed, instant)
        case .damaged(let damage):
            unreadable += damage.numbers.count
            files.insert(damage.file)
        }
        return nil
    }

    /// Counts a loss that touches the time range, at the interfaces that were asked for.
    private mutating func learn(_ loss: LossStatement, _ catalogue: Catalogue) {
        guard loss.reason.isMissing else { return }
        if let since = filter.since, loss.until < since { return }
        if let until = filter.until, loss.since >= until { return }
        let place = catalogue.placement(loss.interface)
        let isWanted = interfaces.allSatisfy {
            $0 == place?.label || $0 == place?.instanceName || $0 == loss.interface.description
        }
        guard isWanted else { return }
        if loss.reason == .unguarded {
            unguarded.insert(loss.since.nanoseconds...max(loss.since, loss.until).nanoseconds)
            if loss.traffic.isZero { return }
        }
        lost += loss.traffic
        reasons.insert(loss.reason)
    }

    /// `windows closed up to 14:03:00; no loss`, and what was not guarded.
    func words(_ time: LocalTime) -> String { ([lossWords(time)] + unguardedWords(time)).joined(separator: "; ") }

    private func unguardedWords(_ time: LocalTime) -> [String] {
        guard let last = unguarded.max(by: { $0.lowerBound < $1.lowerBound }) else { return [] }
        let ends = [last.lowerBound, last.upperBound].map { time.text(Timestamp(nanoseconds: $0), fractionDigits: 3) }
        let others = unguarded.count - 1
        return [
            "unguarded from \(ends[0]) to \(ends[1])"
                + (others > 0 ? " and in \(Wording.count(others, "span")) before" : "")
                + ": packets may have passed that are in no record"
        ]
    }

    private func lossWords(_ time: LocalTime) -> String {
        let end = Timestamp(nanoseconds: closed)
        let reach = closed > 0 ? "windows closed up to \(time.text(end, fractionDigits: 0))" : "no window closed yet"
        let damage =
            files.isEmpty
            ? "" : "; \(Wording.count(unreadable, "record")) cannot be read (\(files.sorted().joined(separator: ", ")))"
        guard !lost.isZero else { return reach + (damage.isEmpty ? "; no loss" : damage) }
        let why = reasons.sorted { $0.rawValue < $1.rawValue }.map(\.words).joined(separator: ", ")
        let sum = "\(Wording.count(lost.packets, "packet")), \(Wording.count(lost.bytes, "byte"))"
        return "\(reach); stated loss: \(sum) (\(why))\(damage)"
    }
}

extension LossStatement.Reason {
    fileprivate var words: String {
        switch self {
        case .notListening: "no agent listened"
        case .beforeBinding: "sessions began before their interface was bound"
        case .noRoom: "the disk was full"
        case .unguarded: "packets passed unjudged"
        case .uncounted: "the counting of connections was off"
        case .notSentOn: "the next link was too small"
        case .damaged: "a file of records is damaged"
        case .notCollected: "its VPC has it not collected"
        }
    }
}

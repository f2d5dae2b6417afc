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
        case .closed(let instant): closed = max(closed, instant)
        }
        return nil
    }

    /// Counts a loss that touches the time range, at the interfaces that were asked for.
    private mutating func learn(_ loss: LossStatement, _ catalogue: Catalogue) {
        if let since = filter.since, loss.until < since { return }
        if let until = filter.until, loss.since >= until { return }
        let place = catalogue.placement(loss.interface)
        let isWanted = interfaces.allSatisfy {
            $0 == place?.label || $0 == place?.instanceName || $0 == loss.interface.description
        }
        guard isWanted else { return }
        lost += loss.traffic
        reasons.insert(loss.reason)
    }

    /// `windows closed up to 14:03:00; no loss`.
    func words(_ time: LocalTime) -> String {
        let end = Timestamp(nanoseconds: closed)
        let reach = closed > 0 ? "windows closed up to \(time.text(end, fractionDigits: 0))" : "no window closed yet"
        guard !lost.isZero else { return "\(reach); no loss" }
        let why = reasons.sorted { $0.rawValue < $1.rawValue }.map(\.words).joined(separator: ", ")
        let sum = "\(Wording.count(lost.packets, "packet")), \(Wording.count(lost.bytes, "byte"))"
        return "\(reach); stated loss: \(sum) (\(why))"
    }
}

extension LossStatement.Reason {
    fileprivate var words: String {
        switch self {
        case .notListening: "no agent listened"
        case .beforeBinding: "sessions began before their interface was bound"
        case .noRoom: "the disk was full"
        }
    }
}

package import Archive
import Dispatch
import Host
import Synchronization

/// An answer: its rows in order, and how complete they are.
package struct FlowAnswer: Sendable {
    package let names: [String]
    package let rows: [[AnswerValue]]
    package var completeness: AnswerCompleteness

    package init(names: [String], rows: [[AnswerValue]], completeness: AnswerCompleteness) {
        (self.names, self.rows, self.completeness) = (names, rows, completeness)
    }
}

/// The answer would have more groups and values than it may.
package struct TooManyGroups: Error, Hashable, Sendable, CustomStringConvertible {
    package let most: Int

    package var description: String {
        "there are more than \(most) groups and distinct values; ask for fewer columns or a narrower filter"
    }
}

/// Asks an archive and the spools of hosts, on all processors.
///
/// Each record is in an answer once, also while it is moved from a spool into a segment: how far each spool has come is read
/// before anything else, and from that number on the spool alone is asked.
package struct Answerer: Sendable {
    /// nil where there is none, and spools alone are asked.
    private let folder: ArchiveFolder?
    private let spools: [SpoolSource]
    private let workers: Int

    package init(_ folder: ArchiveFolder?, spools: [SpoolSource] = [], workers: Int = 2) {
        (self.folder, self.spools, self.workers) = (folder, spools, workers)
    }

    /// Answers a question; `isOver` is asked between two row groups, and true ends the search.
    package func answer(_ question: FlowQuestion, isOver: @escaping @Sendable () -> Bool = { false }) throws
        -> FlowAnswer
    {
        let progress = try folder.map { try HostProgress.all($0) } ?? [:]
        let boundaries = Dictionary(
            spools.map { ($0.host, progress[$0.host]?.boundary ?? HostProgress.none.next) }, uniquingKeysWith: min)
        // Records that are only in memory are few: one worker has them, and the others begin with the segments.
        let places = try places(question)
        let queue = WorkQueue(spools.map { .spool($0) } + places.map { .folder($0) })
        let results = Mutex<[Findings]>([])
        let failure = Mutex<SystemError?>(nil)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            var findings = Findings(question)
            while !isOver(), let work = queue.next() {
                switch work {
                case .spool(let source):
                    let boundary = boundaries[source.host] ?? HostProgress.none.next
                    SpoolScan(question: question, source: source, boundary: boundary).run(&findings, isOver)
                case .folder(let place):
                    guard let folder else { continue }
                    do throws(SystemError) {
                        let (segments, unreadable) = try folder.open(place)
                        findings.unreadable += unreadable
                        for segment in segments where !isOver() {
                            SegmentScan(question: question, segment: segment, boundaries: boundaries)
                                .run(&findings, isOver)
                        }
                    } catch {
                        failure.withLock { $0 = $0 ?? error }
                        return
                    }
                }
            }
            results.withLock { $0.append(findings) }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        var all = Findings(question)
        for findings in results.withLock({ $0 }) { all.add(findings) }
        if all.isTooLarge, let most = question.mostGroups { throw TooManyGroups(most: most) }
        return FlowAnswer(
            names: question.names,
            rows: question.isGrouped ? all.grouping.rows() : all.rows.ordered(question.limit).map(\.values),
            completeness: try completeness(question, all, progress, isInterrupted: isOver()))
    }

    /// The folders that may have records of the project that is asked.
    private func places(_ question: FlowQuestion) throws(SystemError) -> [String] {
        let all = try folder?.folders() ?? []
        guard let project = question.project else { return all }
        return all.filter { $0.hasPrefix(Partition.folder(ofProject: project) + "/") }
    }

    private func completeness(
        _ question: FlowQuestion, _ all: Findings, _ progress: [String: HostProgress], isInterrupted: Bool
    ) throws -> AnswerCompleteness {
        var completeness = AnswerCompleteness()
        completeness.isInterrupted = isInterrupted
        completeness.records = all.records
        completeness.unreadable = all.unreadable.sorted { $0.file < $1.file }
        completeness.unknown = zip(question.askedFields, all.unknown).filter { $1 > 0 }.map { ($0.canonicalName, $1) }
        completeness.silent = Self.silent(question, all, progress)
        let (archived, badLines) = try folder.map { try StatementLog($0).read() } ?? ([], 0)
        let known = Set(archived.map(\.id))
        let statements = archived + all.statements.filter { !known.contains($0.id) }
        if badLines > 0 {
            completeness.unreadable.append(
                UnreadableFile(file: "statements.jsonl", error: "\(badLines) lines are no statements"))
        }
        let interfaces = question.filter.requiredInterfaces
        var spans = all.spans
        for statement in statements {
            if let since = question.since, statement.end < since { continue }
            if let until = question.until, statement.start >= until { continue }
            if let project = question.project, let own = statement.project, own != project { continue }
            if let interfaces, let interface = statement.interface, !interfaces.contains(interface) { continue }
            switch statement.kind {
            case .covered: spans.append(.init(host: statement.host, start: statement.start, end: statement.end))
            case .loss: completeness.loss.append(statement)
            }
        }
        completeness.cover(spans)
        completeness.from = question.since ?? completeness.covered.map(\.start).min()
        completeness.until = question.until ?? completeness.covered.map(\.end).max()
        return completeness
    }
}

extension Answerer {
    /// A host is silent that is this much behind what was asked: two windows of the longest length, in microseconds.
    private static let slack: Int64 = 1_200_000_000

    /// The hosts whose windows do not reach to the end of what was asked; without an end, to where the others reach.
    private static func silent(
        _ question: FlowQuestion, _ all: Findings, _ progress: [String: HostProgress]
    ) -> [String] {
        let closed = progress.mapValues(\.closed).merging(all.closed) { max($0, $1) }
        let newest = closed.values.max() ?? 0
        let present = Int64(SystemClock.realtime / 1000)
        let end = question.until.map { min($0, present) } ?? newest
        return closed.filter { $0.value < end - slack }.keys.sorted()
    }
}

/// Hands out spools and folders to workers.
private final class WorkQueue: Sendable {
    enum Work: Sendable {
        case spool(SpoolSource)
        case folder(String)
    }

    private let work: [Work]
    private let index = Mutex(0)

    init(_ work: [Work]) { self.work = work }

    func next() -> Work? {
        index.withLock { index in
            guard index < work.count else { return nil }
            index += 1
            return work[index - 1]
        }
    }
}

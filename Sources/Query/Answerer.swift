package import Archive
import Dispatch
import Host
import Records
import Synchronization

/// An answer: its rows in order, and how complete they are.
package struct Answer: Sendable {
    package let names: [String]
    package let rows: [[AnswerValue]]
    package var completeness: AnswerCompleteness
}

/// Asks an archive, on all processors.
package struct Answerer: Sendable {
    private let folder: ArchiveFolder
    private let workers: Int

    package init(_ folder: ArchiveFolder, workers: Int = 2) { (self.folder, self.workers) = (folder, workers) }

    /// Answers a question; `isOver` is asked between two row groups, and true ends the search.
    package func answer(_ question: FlowQuestion, isOver: @escaping @Sendable () -> Bool = { false }) throws -> Answer {
        let queue = FolderQueue(try folder.folders())
        let results = Mutex<[Findings]>([])
        let failure = Mutex<SystemError?>(nil)
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            var findings = Findings(question)
            while !isOver(), let place = queue.next() {
                do throws(SystemError) {
                    let (segments, unreadable) = try folder.open(place)
                    findings.unreadable += unreadable
                    for segment in segments where !isOver() {
                        SegmentScan(question: question, segment: segment).run(&findings, isOver)
                    }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                    break
                }
            }
            results.withLock { $0.append(findings) }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        var all = Findings(question)
        for findings in results.withLock({ $0 }) { all.add(findings) }
        return Answer(
            names: question.isGrouped ? Grouping.names(question) : RowCollector.names(question),
            rows: question.isGrouped ? all.grouping.rows() : all.rows.ordered(question.limit).map(\.values),
            completeness: try completeness(question, all, isInterrupted: isOver()))
    }

    private func completeness(_ question: FlowQuestion, _ all: Findings, isInterrupted: Bool) throws
        -> AnswerCompleteness
    {
        var completeness = AnswerCompleteness()
        completeness.isInterrupted = isInterrupted
        completeness.records = all.records
        completeness.unreadable = all.unreadable.sorted { $0.file < $1.file }
        completeness.unknown = zip(question.askedFields, all.unknown).filter { $1 > 0 }.map { ($0.canonicalName, $1) }
        let (statements, badLines) = try StatementLog(folder).read()
        if badLines > 0 {
            completeness.unreadable.append(
                UnreadableFile(file: "statements.jsonl", error: "\(badLines) lines are no statements"))
        }
        let interfaces = question.filter.requiredInterfaces
        var spans = all.spans
        for statement in statements {
            if let since = question.since, statement.end < since { continue }
            if let until = question.until, statement.start >= until { continue }
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

/// Hands out folders to workers.
private final class FolderQueue: Sendable {
    private let folders: [String]
    private let index = Mutex(0)

    init(_ folders: [String]) { self.folders = folders }

    func next() -> String? {
        index.withLock { index in
            guard index < folders.count else { return nil }
            index += 1
            return folders[index - 1]
        }
    }
}

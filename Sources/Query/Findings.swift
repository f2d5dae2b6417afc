import Archive
import Filter
import Parquet
import Records

/// What one worker found.
struct Findings {
    let question: FlowQuestion
    var grouping: Grouping
    var rows: RowCollector
    var records = 0
    var unknown: [Int]
    var spans: [AnswerCompleteness.Span] = []
    var unreadable: [UnreadableFile] = []
    /// What spools say beside their records.
    var statements: [Statement] = []
    /// Up to when the windows of a host are in its spool, in microseconds since 1970.
    var closed: [String: Int64] = [:]

    init(_ question: FlowQuestion) {
        self.question = question
        grouping = Grouping(question)
        rows = RowCollector(question)
        unknown = question.askedFields.map { _ in 0 }
    }

    /// Whether there are more groups and values than the answer may have.
    var isTooLarge: Bool { question.mostGroups.map { grouping.size > $0 } ?? false }

    mutating func add(_ other: Findings) {
        guard !isTooLarge else { return }
        grouping.add(other.grouping)
        rows.add(other.rows)
        records += other.records
        for index in unknown.indices { unknown[index] += other.unknown[index] }
        spans += other.spans
        unreadable += other.unreadable
        statements += other.statements
        closed.merge(other.closed) { max($0, $1) }
    }

    /// Counts the rows of the range, whatever the filter; a mask of nil is all of them.
    mutating func count(_ batch: Batch, _ mask: [UInt8]?) {
        let rows = (0..<batch.count).filter { mask?[$0] ?? 1 == 1 }
        records += rows.count
        for (index, field) in question.askedFields.enumerated() {
            let reader = FieldReader(field, batch)
            unknown[index] += rows.count { !reader.isKnown($0) }
        }
    }

    /// Takes the rows of the range for which the filter holds.
    mutating func take(_ batch: Batch, _ inside: [UInt8]?) throws(ParquetError) {
        var mask = question.filter.mask(count: batch.count) { batch.vector($0) }
        if let inside { for row in mask.indices { mask[row] &= inside[row] } }
        if let fault = batch.fault { throw fault }
        guard mask.contains(1) else { return }
        guard !isTooLarge else { return }
        if question.isGrouped { grouping.add(batch, mask) } else { rows.add(batch, mask) }
        if let fault = batch.fault { throw fault }
    }

    /// Counts the span of a spool's rows among what is covered.
    mutating func learnSpan(_ batch: Batch, host: String) {
        guard question.project == nil || batch.belonging(to: question.project)?.contains(1) == true else { return }
        guard case .integers(let starts) = batch.vector(.start).values, let first = starts.min(),
            case .integers(let ends) = batch.vector(.end).values, let last = ends.max()
        else { return }
        spans.append(.init(host: host, start: first, end: last))
    }
}

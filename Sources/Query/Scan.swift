import Archive
import Filter
import Parquet
import Records

/// What one worker found.
struct Findings {
    var grouping: Grouping
    var rows: RowCollector
    var records = 0
    var unknown: [Int]
    var spans: [AnswerCompleteness.Span] = []
    var unreadable: [UnreadableFile] = []

    init(_ question: FlowQuestion) {
        grouping = Grouping(question)
        rows = RowCollector(question)
        unknown = question.askedFields.map { _ in 0 }
    }

    mutating func add(_ other: Findings) {
        grouping.add(other.grouping)
        rows.add(other.rows)
        records += other.records
        for index in unknown.indices { unknown[index] += other.unknown[index] }
        spans += other.spans
        unreadable += other.unreadable
    }
}

/// Reads one segment for a question.
struct SegmentScan {
    let question: FlowQuestion
    let segment: OpenSegment

    /// Adds what the segment has; what cannot be read of it leaves it out whole.
    func run(_ findings: inout Findings, _ isOver: () -> Bool) {
        let note = segment.note
        if let until = question.until, note.start >= until { return }
        if let since = question.since, note.end < since { return }
        var own = Findings(question)
        do throws(ParquetError) {
            for group in 0..<segment.file.groupCount {
                guard !isOver() else { break }
                try scan(group, &own)
            }
        } catch {
            findings.unreadable.append(
                UnreadableFile(file: segment.path, error: (error.place + [error.reason]).joined(separator: ": ")))
            return
        }
        own.spans = note.names.map {
            AnswerCompleteness.Span(host: $0, start: note.start, end: note.end)
        }
        findings.add(own)
    }

    /// Whether all records of the segment are in the range.
    private var isWhole: Bool {
        (question.since.map { segment.note.start >= $0 } ?? true)
            && (question.until.map { segment.note.end < $0 } ?? true)
    }

    private func scan(_ group: Int, _ findings: inout Findings) throws(ParquetError) {
        let count = segment.file.rowCount(ofGroup: group)
        if isWhole {
            findings.records += count
            for (index, field) in question.askedFields.enumerated() {
                findings.unknown[index] += try absentCount(field, group, count)
            }
        } else {
            let batch = Batch(segment, group, 0..<count)
            let mask = batch.touching(question.since, question.until)
            let rows = (0..<count).filter { mask?[$0] ?? 1 == 1 }
            findings.records += rows.count
            for (index, field) in question.askedFields.enumerated() {
                let reader = FieldReader(field, batch)
                findings.unknown[index] += rows.count { !reader.isKnown($0) }
            }
            if let fault = batch.fault { throw fault }
        }
        for rows in try UnitBounds.rows(segment, group, question.filter) {
            try scan(Batch(segment, group, rows), &findings)
        }
    }

    private func scan(_ batch: Batch, _ findings: inout Findings) throws(ParquetError) {
        var mask = question.filter.mask(count: batch.count) { batch.vector($0) }
        if !isWhole, let touching = batch.touching(question.since, question.until) {
            for row in mask.indices { mask[row] &= touching[row] }
        }
        if let fault = batch.fault { throw fault }
        guard mask.contains(1) else { return }
        if question.isGrouped { findings.grouping.add(batch, mask) } else { findings.rows.add(batch, mask) }
        if let fault = batch.fault { throw fault }
    }

    /// Records without a value in a field, from what the file says of them where that is enough.
    private func absentCount(_ field: FilterField, _ group: Int, _ count: Int) throws(ParquetError) -> Int {
        let columns = field.columns
        if columns.count == 1, columns[0] != .end {
            guard let place = segment.place(columns[0]) else { return count }
            if let nulls = segment.file.bounds(place, group: group).nullCount { return nulls }
        }
        let batch = Batch(segment, group, 0..<count)
        let reader = FieldReader(field, batch)
        let absent = (0..<count).count { !reader.isKnown($0) }
        if let fault = batch.fault { throw fault }
        return absent
    }
}

import Archive
import Filter
import Parquet
import Records

/// Reads one segment for a question.
struct SegmentScan {
    let question: FlowQuestion
    let segment: OpenSegment
    /// The first number of each host that the answer takes from its spool: the segment's records from there on are left out.
    var boundaries: [String: UInt64] = [:]

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

    /// Whether all records of the segment are asked, and none is taken from a spool.
    private var isWhole: Bool {
        (question.since.map { segment.note.start >= $0 } ?? true)
            && (question.until.map { segment.note.end < $0 } ?? true) && doubtful.isEmpty && question.project == nil
    }

    /// The hosts of which some records may be taken from the spool.
    private var doubtful: [String] {
        segment.note.hosts.filter { host in
            guard let boundary = boundaries[host] else { return false }
            return segment.note.numbers[host].map { $0.upperBound >= boundary } ?? true
        }
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
            findings.count(batch, mask(batch))
            if let fault = batch.fault { throw fault }
        }
        for rows in try UnitBounds.rows(segment, group, question.filter) {
            let batch = Batch(segment, group, rows)
            try findings.take(batch, isWhole ? nil : mask(batch))
        }
    }

    /// Which rows are in the range, and none that a spool gives; nil is all.
    private func mask(_ batch: Batch) -> [UInt8]? {
        guard !doubtful.isEmpty, case .texts(let codes, let table) = batch.vector(.id).values else {
            return question.inside(batch)
        }
        var mask = question.inside(batch) ?? [UInt8](repeating: 1, count: batch.count)
        for host in doubtful {
            guard let boundary = boundaries[host] else { continue }
            let name = Array(host.utf8)
            for row in mask.indices where mask[row] == 1 {
                if let number = RecordIdentity.sequence(table[codes[row]], host: name), number >= boundary {
                    mask[row] = 0
                }
            }
        }
        return mask
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

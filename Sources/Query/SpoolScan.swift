package import Archive
import Parquet
package import Records

/// Reads for a question what a spool has and no closed segment.
package struct SpoolScan {
    /// Rows that are held at a time.
    private static let rows = 1 << 16

    let question: FlowQuestion
    let source: SpoolSource
    /// The first number that is taken.
    let boundary: UInt64

    /// Adds what the spool has; a spool that cannot be read is named in the answer.
    func run(_ findings: inout Findings, _ isOver: () -> Bool) {
        var next = boundary
        while !isOver() {
            do {
                let slice = try source.slice(from: next, rows: Self.rows)
                findings.statements += slice.statements
                let batch = Batch(slice)
                let mask = question.inside(batch)
                findings.count(batch, mask)
                try findings.take(batch, mask)
                findings.learnSpan(batch, host: source.host)
                findings.closed[source.host] = max(findings.closed[source.host] ?? 0, slice.closed)
                guard slice.isFull else { return }
                next = slice.last + 1
            } catch {
                findings.unreadable.append(UnreadableFile(file: source.path, error: "\(error)"))
                return
            }
        }
    }

    /// The records of a slice that a question wants, under their columns' names, in the spool's order.
    package static func rows(of slice: SpoolSlice, _ question: FlowQuestion) throws -> [[Field]] {
        var findings = Findings(question)
        let batch = Batch(slice)
        try findings.take(batch, question.inside(batch))
        let names = RowCollector.names(question)
        return findings.rows.rows.map { row in zip(names, row.values).map { Field($0, $1.datum) } }
    }
}

import Archive
import Filter
import Parquet
import Records

/// Some rows of a segment or a spool; columns are read when they are first asked for.
final class Batch {
    let count: Int
    private let read: (FlowColumn) throws(ParquetError) -> ColumnVector
    private var known: [FlowColumn: ColumnVector] = [:]
    /// The first fault of a column that was asked for.
    private(set) var fault: ParquetError?

    /// Rows of a row group.
    init(_ segment: OpenSegment, _ group: Int, _ rows: Range<Int>) {
        count = rows.count
        read = { column throws(ParquetError) in try segment.read(column, group: group, rows: rows) }
    }

    init(_ slice: SpoolSlice) {
        count = slice.sequences.count
        read = { column throws(ParquetError) in slice.vector(column) }
    }

    func vector(_ column: FlowColumn) -> ColumnVector {
        if let vector = known[column] { return vector }
        do throws(ParquetError) {
            let vector = try read(column)
            known[column] = vector
            return vector
        } catch {
            fault = fault ?? error
            let absent = ColumnVector.absent(like: ArchiveColumn.all[column.ordinal].type, rows: count)
            known[column] = absent
            return absent
        }
    }

    /// Rows of a project; nil is all.
    func belonging(to project: String?) -> [UInt8]? {
        guard let project else { return nil }
        let vector = vector(.project)
        guard case .texts(let codes, let table) = vector.values else { return [UInt8](repeating: 0, count: count) }
        let wanted = Array(project.utf8)
        let matches = (0..<UInt32(table.count)).map { table[$0].elementsEqual(wanted) }
        return codes.indices.map { vector.isPresent($0) && matches[Int(codes[$0])] ? 1 : 0 }
    }

    /// Rows whose span touches the range; nil is all.
    func touching(_ since: Int64?, _ until: Int64?) -> [UInt8]? {
        guard since != nil || until != nil else { return nil }
        var mask = [UInt8](repeating: 1, count: count)
        if let until, case .integers(let starts) = vector(.start).values {
            for row in mask.indices where starts[row] >= until { mask[row] = 0 }
        }
        if let since {
            let (ends, starts) = (vector(.end), vector(.start))
            guard case .integers(let last) = ends.values, case .integers(let first) = starts.values else { return mask }
            for row in mask.indices where (ends.isPresent(row) ? last[row] : first[row]) < since { mask[row] = 0 }
        }
        return mask
    }
}

extension FlowQuestion {
    /// The rows of the range and the project that are asked; nil is all.
    func inside(_ batch: Batch) -> [UInt8]? {
        let touching = batch.touching(since, until)
        guard let own = batch.belonging(to: project) else { return touching }
        guard let touching else { return own }
        return zip(touching, own).map { $0 & $1 }
    }
}

import Archive
import Filter
import Parquet
import Records

/// What a row group, or one page of it, says of its values.
struct UnitBounds: KnownBounds {
    let segment: OpenSegment
    let group: Int
    /// The bounds of one page by column; empty for the row group.
    var pages: [FlowColumn: ColumnBounds] = [:]
    var count: Int

    func bounds(_ column: FlowColumn) -> ColumnBounds? {
        if let bounds = pages[column] { return bounds }
        // An end lies as a length; nothing is known of it.
        guard column != .end, let place = segment.place(column) else { return nil }
        let bounds = segment.file.bounds(place, group: group)
        guard pages.isEmpty else {
            return ColumnBounds(minimum: bounds.minimum, maximum: bounds.maximum, nullCount: nil)
        }
        return bounds
    }

    func mayContain(_ column: FlowColumn, _ value: UInt128) -> Bool {
        guard let place = segment.place(column) else { return true }
        // A filter that cannot be read prunes nothing; reading the values tells what is wrong.
        guard let filter = try? segment.file.bloomFilter(place, group: group) else { return true }
        return filter.mayContain(BloomHashes(type: .fixed16).hash(value))
    }
}

extension UnitBounds {
    /// The rows of a row group that may hold, as ranges of whole pages.
    static func rows(
        _ segment: OpenSegment, _ group: Int, _ filter: FilterExpression
    ) throws(ParquetError) -> [Range<Int>] {
        let count = segment.file.rowCount(ofGroup: group)
        guard filter.mayHold(UnitBounds(segment: segment, group: group, count: count)) else { return [] }
        var known: [FlowColumn: [PageBounds]] = [:]
        for column in filter.columns where column != .end {
            guard let place = segment.place(column), let pages = try segment.file.pages(place, group: group) else {
                continue
            }
            known[column] = pages
        }
        // Pages that begin with other rows in other columns cannot be told together.
        guard let ranges = known.values.first?.map(\.rows), ranges.count > 1,
            known.values.allSatisfy({ $0.map(\.rows) == ranges })
        else { return [0..<count] }
        var wanted: [Range<Int>] = []
        for (number, rows) in ranges.enumerated() {
            let bounds = UnitBounds(
                segment: segment, group: group, pages: known.mapValues { $0[number].bounds }, count: rows.count)
            guard filter.mayHold(bounds) else { continue }
            if let last = wanted.last, last.upperBound == rows.lowerBound {
                wanted[wanted.count - 1] = last.lowerBound..<rows.upperBound
            } else {
                wanted.append(rows)
            }
        }
        return wanted
    }
}

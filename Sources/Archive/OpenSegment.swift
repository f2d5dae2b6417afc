package import Parquet
package import Records

/// A segment that is open for reading: it stays whole for whoever has it, also when it is replaced.
package struct OpenSegment: Sendable {
    /// Its place below the archive's folder.
    package let path: String
    package let file: ParquetFile
    /// Its file's name.
    var name: String { String(path.split(separator: "/").last ?? "") }
    package let note: SegmentNote
    /// Where each column lies in this file; a column that a file of another version lacks is absent in all its rows.
    private let places: [Int?]

    init(_ path: String, _ file: ParquetFile, _ note: SegmentNote) {
        (self.path, self.file, self.note) = (path, file, note)
        places = FlowColumn.allCases.map { file.index(of: ArchiveColumn.name($0)) }
    }

    /// The column's place in the file.
    package func place(_ column: FlowColumn) -> Int? { places[column.ordinal] }

    /// The values of a column for some rows of a row group, as `FlowColumn` has them.
    package func read(_ column: FlowColumn, group: Int, rows: Range<Int>) throws(ParquetError) -> ColumnVector {
        guard let place = place(column) else {
            return .absent(like: ArchiveColumn.all[column.ordinal].type, rows: rows.count)
        }
        let vector = try file.read(place, group: group, rows: rows)
        guard Self.hasShape(vector, column) else {
            throw ParquetError(.unsupported, "the column is of another type than records have").within(
                "column \(column.rawValue)"
            ).within(file: path)
        }
        guard column == .end else { return vector }
        return Self.ends(try read(.start, group: group, rows: rows), vector)
    }

    package func read(_ column: FlowColumn, group: Int) throws(ParquetError) -> ColumnVector {
        try read(column, group: group, rows: 0..<file.rowCount(ofGroup: group))
    }

    private static func hasShape(_ vector: ColumnVector, _ column: FlowColumn) -> Bool {
        switch (vector.values, column.kind) {
        case (.integers, .number), (.integers, .instant), (.fixed16, .address), (.texts, .text), (.texts, .word): true
        case (.integers, _), (.fixed16, _), (.texts, _): false
        }
    }

    /// Starts and durations as ends.
    private static func ends(_ starts: ColumnVector, _ durations: ColumnVector) -> ColumnVector {
        guard case .integers(let first) = starts.values, case .integers(let lengths) = durations.values else {
            return durations
        }
        var presence = durations.presence
        if let other = starts.presence { presence = presence.map { zip($0, other).map { $0 & $1 } } ?? other }
        return ColumnVector(.integers(zip(first, lengths).map { $0 &+ $1 }), presence: presence)
    }
}

/// A file that the archive has and that cannot be read.
package struct UnreadableFile: Error, Hashable, Sendable {
    /// Its place below the archive's folder.
    package let file: String
    package let error: String

    package init(file: String, error: String) { (self.file, self.error) = (file, error) }
}

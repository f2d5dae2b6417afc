import Host
import Model
import Parquet
import Records

/// What a segment says of itself in its file's metadata.
package struct SegmentNote: Hashable, Sendable {
    package static let version = "1"

    /// The first start and the last end of its records, in microseconds since 1970.
    package var start: Int64
    package var end: Int64
    /// Names of the hosts and formats of the imports that its records are of.
    package var hosts: [String]
    package var sources: [String]
    /// The lowest and the highest number that its records have in the spool of a host; a host is missing here whose
    /// numbers are not known.
    package var numbers: [String: ClosedRange<UInt64>] = [:]

    /// Who its records are of: hosts and formats of imports.
    package var names: [String] {
        let names = hosts + sources
        return names.isEmpty ? ["unknown"] : names
    }

    var metadata: [String: String] {
        [
            "gatehouse.schema": Self.version, "gatehouse.start": "\(start)", "gatehouse.end": "\(end)",
            "gatehouse.hosts": hosts.map { Partition.encoded($0) }.joined(separator: ","),
            "gatehouse.sources": sources.joined(separator: ","),
            "gatehouse.numbers": numbers.sorted { $0.key < $1.key }.map { host, range in
                "\(Partition.encoded(host))=\(range.lowerBound)-\(range.upperBound)"
            }.joined(separator: ","),
        ]
    }
}

/// Writes segments: whole, synced, then named.
package enum SegmentFile {
    static let suffix = ".parquet"
    /// Rows of a row group.
    static let rowsOfGroup = 1 << 18

    /// The bytes of a segment with these rows, in order; `numbers` as the note has them.
    static func bytes(
        _ vectors: [FlowColumn: ColumnVector], rows: [UInt32], level: Int, numbers: [String: ClosedRange<UInt64>] = [:]
    ) throws(ParquetError) -> (bytes: [UInt8], note: SegmentNote) {
        var writer = try ParquetWriter(ArchiveColumn.all, ArchiveColumn.options(level: level))
        let sorted = RowOrder.sorted(rows, vectors)
        var bytes: [UInt8] = []
        var note = SegmentNote(start: .max, end: .min, hosts: [], sources: [], numbers: numbers)
        for start in stride(from: 0, to: sorted.count, by: rowsOfGroup) {
            let part = Array(sorted[start..<min(sorted.count, start + rowsOfGroup)])
            var gathered: [FlowColumn: ColumnVector] = [:]
            for column in FlowColumn.allCases { gathered[column] = vectors[column]?.gather(part) }
            learn(gathered, &note)
            let starts = gathered[.start]
            try writer.append(
                FlowColumn.allCases.map { column in
                    guard let vector = gathered[column] else {
                        return .absent(like: ArchiveColumn.all[column.ordinal].type, rows: part.count)
                    }
                    return column == .end ? durations(starts, vector) : vector
                })
            bytes += writer.takeBytes()
        }
        writer.finish(metadata: note.metadata)
        bytes += writer.takeBytes()
        return (bytes, note)
    }

    /// From start to end; absent where either is.
    private static func durations(_ starts: ColumnVector?, _ ends: ColumnVector) -> ColumnVector {
        guard let starts, case .integers(let first) = starts.values, case .integers(let last) = ends.values else {
            return .absent(like: .int64, rows: ends.count)
        }
        var presence = ends.presence
        if let other = starts.presence {
            presence = presence.map { zip($0, other).map { $0 & $1 } } ?? other
        }
        var values = zip(last, first).map { $0 &- $1 }
        if let presence { for row in values.indices where presence[row] == 0 { values[row] = 0 } }
        return ColumnVector(.integers(values), presence: presence)
    }

    private static func learn(_ vectors: [FlowColumn: ColumnVector], _ note: inout SegmentNote) {
        func bounds(_ column: FlowColumn) -> (Int64, Int64)? {
            guard let vector = vectors[column], case .integers(let values) = vector.values else { return nil }
            var bounds: (Int64, Int64)?
            for row in values.indices where vector.isPresent(row) {
                bounds = (min(bounds?.0 ?? .max, values[row]), max(bounds?.1 ?? .min, values[row]))
            }
            return bounds
        }
        func texts(_ column: FlowColumn) -> [String] {
            guard let vector = vectors[column], case .texts(let codes, let table) = vector.values else { return [] }
            var used = Set<UInt32>()
            for row in codes.indices where vector.isPresent(row) { used.insert(codes[row]) }
            return used.map { table.text($0) }
        }
        if let (first, last) = bounds(.start) {
            note.start = min(note.start, first)
            note.end = max(note.end, last)
        }
        if let (_, last) = bounds(.end) { note.end = max(note.end, last) }
        note.hosts = Set(note.hosts + texts(.host)).sorted()
        note.sources = Set(note.sources + texts(.source)).sorted()
    }
}

/// Which column orders the rows of a row group.
package struct SortingColumn: Hashable, Sendable {
    package var column: Int
    package var isDescending: Bool
    package var isNullsFirst: Bool

    package init(_ column: Int, isDescending: Bool = false, isNullsFirst: Bool = false) {
        self.column = column
        self.isDescending = isDescending
        self.isNullsFirst = isNullsFirst
    }
}

struct RowGroup: Hashable, Sendable {
    var chunks: [ColumnChunk] = []
    var uncompressedSize = 0
    var compressedSize = 0
    var rowCount = 0
    var sorting: [SortingColumn]?
    var offset = 0
    var ordinal = 0

    init() {}

    func write(to writer: inout CompactWriter) {
        writer.structures(1, chunks) { $1.write(to: &$0) }
        writer.field(2, i64: uncompressedSize)
        writer.field(3, i64: rowCount)
        writer.structures(4, sorting) {
            $0.field(1, i32: $1.column)
            $0.field(2, $1.isDescending)
            $0.field(3, $1.isNullsFirst)
        }
        writer.field(5, i64: offset)
        writer.field(6, i64: compressedSize)
        writer.field(7, i16: Int16(clamping: ordinal))
    }

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var group = RowGroup()
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1:
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    group.chunks.append(try ColumnChunk(&reader))
                }
            case 2: group.uncompressedSize = try reader.natural(type)
            case 3: group.rowCount = try reader.natural(type)
            case 4:
                var sorting: [SortingColumn] = []
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    var column = SortingColumn(0)
                    try reader.structure { (reader, field, type) throws(ParquetError) in
                        switch field {
                        case 1: column.column = try reader.natural(type)
                        case 2: column.isDescending = try reader.truth(type)
                        case 3: column.isNullsFirst = try reader.truth(type)
                        default: return false
                        }
                        return true
                    }
                    sorting.append(column)
                }
                group.sorting = sorting
            case 5: group.offset = try reader.natural(type)
            case 6: group.compressedSize = try reader.natural(type)
            case 7: group.ordinal = try reader.integer(type)
            default: return false
            }
            return true
        }
        self = group
    }
}

/// What the end of a file says of all that lies before it.
struct Footer: Hashable, Sendable {
    /// The four bytes at both ends of a file.
    static let magic = Array("PAR1".utf8)

    var schema: [SchemaElement] = []
    var rowCount = 0
    var groups: [RowGroup] = []
    var metadata: [String: String] = [:]
    var createdBy: String?

    init() {}

    func bytes() -> [UInt8] {
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, i32: 2)
            writer.structures(2, schema) { $1.write(to: &$0) }
            writer.field(3, i64: rowCount)
            writer.structures(4, groups) { $1.write(to: &$0) }
            writer.structures(5, metadata.sorted { $0.key < $1.key }) {
                $0.field(1, text: $1.key)
                $0.field(2, text: $1.value)
            }
            writer.field(6, text: createdBy)
            // Each column has the order of its type.
            writer.structures(7, Array(schema.dropFirst())) { writer, _ in writer.field(1) { _ in } }
        }
        return writer.bytes
    }

    init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var reader = CompactReader(bytes)
        var footer = Footer()
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 2:
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    footer.schema.append(try SchemaElement(&reader))
                }
            case 3: footer.rowCount = try reader.natural(type)
            case 4:
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    footer.groups.append(try RowGroup(&reader))
                }
            case 5:
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    var (key, value) = ("", "")
                    try reader.structure { (reader, field, type) throws(ParquetError) in
                        switch field {
                        case 1: key = try reader.text(type)
                        case 2: value = try reader.text(type)
                        default: return false
                        }
                        return true
                    }
                    footer.metadata[key] = value
                }
            case 6: footer.createdBy = try reader.text(type)
            default: return false
            }
            return true
        }
        self = footer
    }
}

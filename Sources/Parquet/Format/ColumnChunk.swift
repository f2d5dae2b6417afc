/// Where a column's values of one row group lie, and what is known of them.
struct ColumnChunk: Hashable, Sendable {
    struct PageCount: Hashable, Sendable {
        var type = PageType.data
        var encoding = Encoding.plain
        var count = 0
    }

    /// Where a structure lies in the file.
    struct Extent: Hashable, Sendable {
        var offset = 0
        var length = 0
    }

    var type = PhysicalType.boolean
    var encodings: [Encoding] = []
    var path: [String] = []
    var codec = Codec.uncompressed
    var valueCount = 0
    var uncompressedSize = 0
    var compressedSize = 0
    var dataPageOffset = 0
    var dictionaryPageOffset: Int?
    var statistics: Statistics?
    var pageCounts: [PageCount]?
    var bloomFilterOffset: Int?
    var bloomFilterLength: Int?
    /// Bytes of texts before any encoding.
    var unencodedBytes: Int?
    /// How many values have each definition level.
    var definitionHistogram: [Int]?
    var offsetIndex: Extent?
    var columnIndex: Extent?
    var isInAnotherFile = false

    init() {}

    /// First byte of the chunk.
    var start: Int { min(dictionaryPageOffset ?? dataPageOffset, dataPageOffset) }

    func write(to writer: inout CompactWriter) {
        writer.field(2, i64: 0)
        writer.field(3) { writer in
            writer.field(1, i32: type.rawValue)
            writer.list(2, .i32, encodings) { $0.zigzag(Int64($1.rawValue)) }
            writer.list(3, .binary, path) { $0.binary(Array($1.utf8)) }
            writer.field(4, i32: codec.rawValue)
            writer.field(5, i64: valueCount)
            writer.field(6, i64: uncompressedSize)
            writer.field(7, i64: compressedSize)
            writer.field(9, i64: dataPageOffset)
            writer.field(11, i64: dictionaryPageOffset)
            if let statistics { writer.field(12) { statistics.write(to: &$0) } }
            writer.structures(13, pageCounts) {
                $0.field(1, i32: $1.type.rawValue)
                $0.field(2, i32: $1.encoding.rawValue)
                $0.field(3, i32: $1.count)
            }
            writer.field(14, i64: bloomFilterOffset)
            writer.field(15, i32: bloomFilterLength)
            writer.field(16) {
                $0.field(1, i64: unencodedBytes)
                $0.i64s(3, definitionHistogram)
            }
        }
        writer.field(4, i64: offsetIndex?.offset)
        writer.field(5, i32: offsetIndex?.length)
        writer.field(6, i64: columnIndex?.offset)
        writer.field(7, i32: columnIndex?.length)
    }

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var chunk = ColumnChunk()
        var (offsetIndex, columnIndex) = (Extent(), Extent())
        var hasMetadata = false
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: chunk.isInAnotherFile = try !reader.binary(type).isEmpty
            case 3:
                hasMetadata = true
                try chunk.readMetadata(&reader)
            case 4: offsetIndex.offset = try reader.natural(type)
            case 5: offsetIndex.length = try reader.natural(type)
            case 6: columnIndex.offset = try reader.natural(type)
            case 7: columnIndex.length = try reader.natural(type)
            default: return false
            }
            return true
        }
        guard hasMetadata else { throw .malformed("a column chunk has no metadata") }
        chunk.offsetIndex = offsetIndex.length > 0 ? offsetIndex : nil
        chunk.columnIndex = columnIndex.length > 0 ? columnIndex : nil
        self = chunk
    }

    private mutating func readMetadata(_ reader: inout CompactReader) throws(ParquetError) {
        var chunk = self
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: chunk.type = try reader.code(type, of: PhysicalType.self, "type")
            case 2:
                try reader.list(.i32) { (reader) throws(ParquetError) in
                    chunk.encodings.append(try reader.code(.i32, of: Encoding.self, "encoding"))
                }
            case 3:
                try reader.list(.binary) { (reader) throws(ParquetError) in chunk.path.append(try reader.text()) }
            case 4: chunk.codec = try reader.code(type, of: Codec.self, "codec")
            case 5: chunk.valueCount = try reader.natural(type)
            case 6: chunk.uncompressedSize = try reader.natural(type)
            case 7: chunk.compressedSize = try reader.natural(type)
            case 9: chunk.dataPageOffset = try reader.natural(type)
            case 11: chunk.dictionaryPageOffset = try reader.natural(type)
            case 12: chunk.statistics = try Statistics(&reader)
            case 13:
                var counts: [PageCount] = []
                try reader.list(.structure) { (reader) throws(ParquetError) in
                    counts.append(try Self.pageCount(&reader))
                }
                chunk.pageCounts = counts
            case 14: chunk.bloomFilterOffset = try reader.natural(type)
            case 15: chunk.bloomFilterLength = try reader.natural(type)
            case 16:
                try reader.structure { (reader, field, type) throws(ParquetError) in
                    switch field {
                    case 1: chunk.unencodedBytes = try reader.natural(type)
                    case 3:
                        var histogram: [Int] = []
                        try reader.list(.i64) { (reader) throws(ParquetError) in
                            histogram.append(try reader.listedNatural())
                        }
                        chunk.definitionHistogram = histogram
                    default: return false
                    }
                    return true
                }
            default: return false
            }
            return true
        }
        self = chunk
    }

    private static func pageCount(_ reader: inout CompactReader) throws(ParquetError) -> PageCount {
        var count = PageCount()
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: count.type = try reader.code(type, of: PageType.self, "page type")
            case 2: count.encoding = try reader.code(type, of: Encoding.self, "encoding")
            case 3: count.count = try reader.natural(type)
            default: return false
            }
            return true
        }
        return count
    }
}

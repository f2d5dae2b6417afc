/// What stands before the bytes of each page.
struct PageHeader: Hashable, Sendable {
    var type = PageType.data
    var uncompressedSize = 0
    var compressedSize = 0
    var checksum: UInt32?
    /// Values, absent ones included; in a dictionary, entries.
    var valueCount = 0
    var encoding = Encoding.plain
    var definitionEncoding = Encoding.rle
    /// Second version only.
    var nullCount = 0
    var rowCount = 0
    var definitionLength = 0
    var repetitionLength = 0
    var isCompressed = true

    init() {}

    func bytes() -> [UInt8] {
        var writer = CompactWriter()
        writer.structure { writer in
            writer.field(1, i32: type.rawValue)
            writer.field(2, i32: uncompressedSize)
            writer.field(3, i32: compressedSize)
            writer.field(4, i32: checksum.map { Int(Int32(bitPattern: $0)) })
            switch type {
            case .data:
                writer.field(5) {
                    $0.field(1, i32: valueCount)
                    $0.field(2, i32: encoding.rawValue)
                    $0.field(3, i32: Encoding.rle.rawValue)
                    $0.field(4, i32: Encoding.rle.rawValue)
                }
            case .dictionary:
                writer.field(7) {
                    $0.field(1, i32: valueCount)
                    $0.field(2, i32: encoding.rawValue)
                }
            case .dataV2:
                writer.field(8) {
                    $0.field(1, i32: valueCount)
                    $0.field(2, i32: nullCount)
                    $0.field(3, i32: rowCount)
                    $0.field(4, i32: encoding.rawValue)
                    $0.field(5, i32: definitionLength)
                    $0.field(6, i32: repetitionLength)
                    $0.field(7, isCompressed)
                }
            case .index: break
            }
        }
        return writer.bytes
    }

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var header = PageHeader()
        var hasDetails = false
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: header.type = try reader.code(type, of: PageType.self, "page type")
            case 2: header.uncompressedSize = try reader.natural(type)
            case 3: header.compressedSize = try reader.natural(type)
            case 4: header.checksum = UInt32(truncatingIfNeeded: try reader.integer(type))
            case 5, 7, 8:
                hasDetails = true
                try header.readDetails(&reader, field)
            default: return false
            }
            return true
        }
        guard hasDetails || header.type == .index else {
            throw .malformed("a page's header says nothing of its values")
        }
        self = header
    }

    private mutating func readDetails(_ reader: inout CompactReader, _ kind: Int16) throws(ParquetError) {
        var header = self
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch (kind, field) {
            case (_, 1): header.valueCount = try reader.natural(type)
            case (5, 2), (7, 2), (8, 4): header.encoding = try reader.code(type, of: Encoding.self, "encoding")
            case (5, 3): header.definitionEncoding = try reader.code(type, of: Encoding.self, "encoding")
            case (8, 2): header.nullCount = try reader.natural(type)
            case (8, 3): header.rowCount = try reader.natural(type)
            case (8, 5): header.definitionLength = try reader.natural(type)
            case (8, 6): header.repetitionLength = try reader.natural(type)
            case (8, 7): header.isCompressed = try reader.truth(type)
            default: return false
            }
            return true
        }
        self = header
    }
}

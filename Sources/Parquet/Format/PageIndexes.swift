/// Where the pages of a chunk lie, and with which row each begins.
struct OffsetIndex: Hashable, Sendable {
    struct Location: Hashable, Sendable {
        var offset = 0
        /// The page with its header.
        var size = 0
        var firstRow = 0
    }

    var locations: [Location] = []
    var unencodedBytes: [Int]?

    init() {}

    func bytes() -> [UInt8] {
        var writer = CompactWriter()
        writer.structure {
            $0.structures(1, locations) {
                $0.field(1, i64: $1.offset)
                $0.field(2, i32: $1.size)
                $0.field(3, i64: $1.firstRow)
            }
            $0.i64s(2, unencodedBytes)
        }
        return writer.bytes
    }

    init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var reader = CompactReader(bytes)
        var index = OffsetIndex()
        try reader.structure { (reader, field, _) throws(ParquetError) in
            guard field == 1 else { return false }
            try reader.list(.structure) { (reader) throws(ParquetError) in
                var location = Location()
                try reader.structure { (reader, field, type) throws(ParquetError) in
                    switch field {
                    case 1: location.offset = try reader.natural(type)
                    case 2: location.size = try reader.natural(type)
                    case 3: location.firstRow = try reader.natural(type)
                    default: return false
                    }
                    return true
                }
                index.locations.append(location)
            }
            return true
        }
        self = index
    }
}

/// The bounds of a chunk's pages.
struct ColumnIndex: Hashable, Sendable {
    var nullPages: [Bool] = []
    var minimums: [[UInt8]] = []
    var maximums: [[UInt8]] = []
    var order = BoundaryOrder.unordered
    var nullCounts: [Int]?
    var definitionHistograms: [Int]?

    init() {}

    func bytes() -> [UInt8] {
        var writer = CompactWriter()
        writer.structure {
            $0.list(1, .yes, nullPages) { $0.truth($1) }
            $0.list(2, .binary, minimums) { $0.binary($1) }
            $0.list(3, .binary, maximums) { $0.binary($1) }
            $0.field(4, i32: order.rawValue)
            $0.i64s(5, nullCounts)
            $0.i64s(7, definitionHistograms)
        }
        return writer.bytes
    }

    init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var reader = CompactReader(bytes)
        var index = ColumnIndex()
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1:
                try reader.list(.yes) { (reader) throws(ParquetError) in
                    index.nullPages.append(try reader.listedTruth())
                }
            case 2:
                try reader.list(.binary) { (reader) throws(ParquetError) in index.minimums.append(try reader.binary()) }
            case 3:
                try reader.list(.binary) { (reader) throws(ParquetError) in index.maximums.append(try reader.binary()) }
            case 4: index.order = try reader.code(type, of: BoundaryOrder.self, "boundary order")
            case 5:
                var counts: [Int] = []
                try reader.list(.i64) { (reader) throws(ParquetError) in counts.append(try reader.listedNatural()) }
                index.nullCounts = counts
            default: return false
            }
            return true
        }
        guard index.nullPages.count == index.minimums.count, index.nullPages.count == index.maximums.count else {
            throw .malformed("the column index has \(index.nullPages.count) pages and \(index.minimums.count) bounds")
        }
        self = index
    }
}

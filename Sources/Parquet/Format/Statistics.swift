/// Bounds of a chunk's or a page's values, as their plain bytes.
struct Statistics: Hashable, Sendable {
    var minimum: [UInt8]?
    var maximum: [UInt8]?
    var nullCount: Int?
    var distinctCount: Int?
    /// Whether the bounds are values themselves, and not cut.
    var isMinimumExact: Bool?
    var isMaximumExact: Bool?

    /// The longest text that stands whole in a bound.
    static let longestBound = 64

    func write(to writer: inout CompactWriter) {
        writer.field(3, i64: nullCount)
        writer.field(4, i64: distinctCount)
        writer.field(5, binary: maximum)
        writer.field(6, binary: minimum)
        writer.field(7, isMaximumExact)
        writer.field(8, isMinimumExact)
    }

    init() {}

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var statistics = Statistics()
        // The older `min` and `max` (fields 1 and 2) have no order that all writers agreed on, and are not used.
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 3: statistics.nullCount = try reader.natural(type)
            case 4: statistics.distinctCount = try reader.natural(type)
            case 5: statistics.maximum = try reader.binary(type)
            case 6: statistics.minimum = try reader.binary(type)
            case 7: statistics.isMaximumExact = try reader.truth(type)
            case 8: statistics.isMinimumExact = try reader.truth(type)
            default: return false
            }
            return true
        }
        self = statistics
    }
}

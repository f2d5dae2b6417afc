// The codes of the format's enumerations, as parquet.thrift has them.

enum PhysicalType: Int, Hashable, Sendable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLengthByteArray = 7
}

/// How the values of a page are written.
package enum Encoding: Int, Hashable, Sendable {
    case plain = 0
    /// The older name of `rleDictionary`; in a dictionary page, of `plain`.
    case plainDictionary = 2
    case rle = 3
    case bitPacked = 4
    case deltaBinaryPacked = 5
    case deltaLengthByteArray = 6
    case deltaByteArray = 7
    case rleDictionary = 8
    case byteStreamSplit = 9
}

/// How pages are compressed.
package enum Codec: Int, Hashable, Sendable {
    case uncompressed = 0
    case snappy = 1
    case gzip = 2
    case lzo = 3
    case brotli = 4
    case lz4 = 5
    case zstd = 6
    case lz4Raw = 7
}

enum PageType: Int, Hashable, Sendable {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
}

/// How the pages' bounds are ordered in a column index.
enum BoundaryOrder: Int, Hashable, Sendable {
    case unordered = 0
    case ascending = 1
    case descending = 2
}

extension CompactReader {
    /// A code of an enumeration that this reader must know.
    mutating func code<Code: RawRepresentable<Int>>(
        _ type: FieldType, of kind: Code.Type, _ words: String
    ) throws(ParquetError) -> Code {
        let number = try integer(type)
        guard let code = Code(rawValue: number) else { throw ParquetError(.malformed, "\(words) \(number) is none") }
        return code
    }
}

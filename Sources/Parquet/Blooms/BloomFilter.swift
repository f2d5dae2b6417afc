/// A split block Bloom filter: says that a value is surely not among a chunk's, or that it may be.
package struct BloomFilter: Hashable, Sendable {
    /// Eight words a block; the number of blocks is a power of two.
    private(set) var words: [UInt32]

    private static let salts: [UInt32] = [
        0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31,
    ]

    /// The largest filter that is written or read, in bytes.
    static let largest = 128 << 20

    /// A filter for so many distinct values, about one in a hundred of others is taken for one of them.
    init(distinct count: Int) {
        let bits = max(256, min(Self.largest * 8, count * 10))
        let blocks = 1 << (Int.bitWidth - (bits / 256 - 1).leadingZeroBitCount)
        words = [UInt32](repeating: 0, count: max(1, blocks) * 8)
    }

    mutating func insert(_ hash: UInt64) {
        let start = block(hash)
        for place in 0..<8 { words[start + place] |= Self.bit(hash, place) }
    }

    /// Whether a value with this hash may be there; false is sure.
    package func mayContain(_ hash: UInt64) -> Bool {
        let start = block(hash)
        return (0..<8).allSatisfy { words[start + $0] & Self.bit(hash, $0) != 0 }
    }

    private func block(_ hash: UInt64) -> Int { Int((hash >> 32 &* UInt64(words.count / 8)) >> 32) * 8 }

    private static func bit(_ hash: UInt64, _ place: Int) -> UInt32 {
        1 << ((UInt32(truncatingIfNeeded: hash) &* salts[place]) >> 27)
    }

    func bytes() -> [UInt8] {
        var writer = CompactWriter()
        writer.structure {
            $0.field(1, i32: words.count * 4)
            $0.field(2) { $0.field(1) { _ in } }
            $0.field(3) { $0.field(1) { _ in } }
            $0.field(4) { $0.field(1) { _ in } }
        }
        var bytes = writer.bytes
        for word in words { bytes.append(littleEndian: word) }
        return bytes
    }

    /// Reads a filter with its header.
    init(_ bytes: ArraySlice<UInt8>) throws(ParquetError) {
        var reader = CompactReader(bytes)
        var size = 0
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: size = try reader.natural(type)
            case 2, 3, 4:
                try reader.structure { (_, kind, _) throws(ParquetError) in
                    guard kind == 1 else { throw ParquetError(.unsupported, "a Bloom filter of kind \(kind)") }
                    return false
                }
            default: return false
            }
            return true
        }
        let rest = bytes.dropFirst(reader.consumed)
        guard size > 0, size % 32 == 0, size <= rest.count else {
            throw .malformed("a Bloom filter of \(size) bytes is announced, and \(rest.count) are left")
        }
        let start = rest.startIndex
        words = (0..<size / 4).map { rest.half(at: start + $0 * 4) }
    }
}

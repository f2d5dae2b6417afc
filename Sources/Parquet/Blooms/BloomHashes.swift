/// The hashes of a column's values in its Bloom filter.
package struct BloomHashes: Sendable {
    let type: ColumnType

    package init(type: ColumnType) { self.type = type }

    package func hash(_ value: Int64) -> UInt64 {
        type.physical == .int64
            ? XXHash64.of(word: UInt64(bitPattern: value)) : XXHash64.of(Bounds.bytes(value, type)[...])
    }

    package func hash(_ value: UInt128) -> UInt64 { XXHash64.of(Bounds.bytes(value)[...]) }
    package func hash(_ text: ArraySlice<UInt8>) -> UInt64 { XXHash64.of(text) }
}

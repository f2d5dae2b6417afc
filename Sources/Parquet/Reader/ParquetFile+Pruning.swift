/// What a file says of some values without their being read.
package struct ColumnBounds: Hashable, Sendable {
    /// At most every value, where known.
    package let minimum: PlainBound
    /// At least every value, where known.
    package let maximum: PlainBound
    /// How many values are absent; nil where that is not said.
    package let nullCount: Int?

    package init(minimum: PlainBound, maximum: PlainBound, nullCount: Int?) {
        (self.minimum, self.maximum, self.nullCount) = (minimum, maximum, nullCount)
    }
}

/// Rows that lie in one page, and what is known of their values.
package struct PageBounds: Hashable, Sendable {
    package let rows: Range<Int>
    package let bounds: ColumnBounds
}

extension ParquetFile {
    /// What is said of a column's values in a row group.
    package func bounds(_ column: Int, group: Int) -> ColumnBounds {
        let type = columns[column].type
        let statistics = footer.groups[group].chunks[column].statistics
        return ColumnBounds(
            minimum: statistics?.minimum.map { PlainBound($0, type) } ?? .none,
            maximum: statistics?.maximum.map { PlainBound($0, type) } ?? .none, nullCount: statistics?.nullCount)
    }

    /// What is said of each page of a column; nil where nothing is.
    package func pages(_ column: Int, group: Int) throws(ParquetError) -> [PageBounds]? {
        try within(column, group) { () throws(ParquetError) in
            let chunk = try chunk(column, group)
            let count = footer.groups[group].rowCount
            guard let extent = chunk.columnIndex, let offsets = try offsetIndex(chunk, count) else { return nil }
            let index = try ColumnIndex(try indexBytes(extent)[...])
            guard index.nullPages.count == offsets.locations.count else {
                throw .malformed("the indexes have \(index.nullPages.count) and \(offsets.locations.count) pages")
            }
            let type = columns[column].type
            return offsets.locations.indices.map { number in
                let end = number + 1 < offsets.locations.count ? offsets.locations[number + 1].firstRow : count
                let start = offsets.locations[number].firstRow
                let isNull = index.nullPages[number]
                let nulls = index.nullCounts.flatMap { number < $0.count ? $0[number] : nil }
                return PageBounds(
                    rows: start..<end,
                    bounds: ColumnBounds(
                        minimum: isNull ? .none : PlainBound(index.minimums[number], type),
                        maximum: isNull ? .none : PlainBound(index.maximums[number], type),
                        nullCount: isNull ? end - start : nulls))
            }
        }
    }

    /// The Bloom filter of a column's values in a row group, where there is one.
    package func bloomFilter(_ column: Int, group: Int) throws(ParquetError) -> BloomFilter? {
        try within(column, group) { () throws(ParquetError) in
            let chunk = try chunk(column, group)
            // Without its length a filter is not read: how much to read would be a guess.
            guard let offset = chunk.bloomFilterOffset, let length = chunk.bloomFilterLength else { return nil }
            guard length <= min(limit, BloomFilter.largest + 64) else {
                throw ParquetError(.tooLarge, "a Bloom filter of \(length) bytes")
            }
            return try BloomFilter(try source.read(offset, length)[...])
        }
    }

    /// Where the pages of a chunk lie; nil where that is not said.
    func offsetIndex(_ chunk: ColumnChunk, _ rowCount: Int) throws(ParquetError) -> OffsetIndex? {
        guard let extent = chunk.offsetIndex else { return nil }
        let index = try OffsetIndex(try indexBytes(extent)[...])
        guard index.locations.first?.firstRow == 0 else { throw .malformed("the index does not begin with row 0") }
        var last = -1
        for location in index.locations {
            guard location.firstRow > last, location.firstRow < rowCount else {
                throw .malformed("the index has row \(location.firstRow) after row \(last)")
            }
            last = location.firstRow
        }
        return index
    }

    private func indexBytes(_ extent: ColumnChunk.Extent) throws(ParquetError) -> [UInt8] {
        guard extent.length <= limit / 8 else { throw ParquetError(.tooLarge, "an index of \(extent.length) bytes") }
        return try source.read(extent.offset, extent.length)
    }
}

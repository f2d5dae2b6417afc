extension ParquetFile {
    /// The values of a column for all rows of a row group.
    package func read(_ column: Int, group: Int) throws(ParquetError) -> ColumnVector {
        try read(column, group: group, rows: 0..<footer.groups[group].rowCount)
    }

    /// The values of a column for some rows of a row group; pages that have none of them are not read where an index says
    /// where pages lie.
    package func read(_ column: Int, group: Int, rows: Range<Int>) throws(ParquetError) -> ColumnVector {
        try within(column, group) { () throws(ParquetError) in
            let chunk = try chunk(column, group)
            let count = footer.groups[group].rowCount
            guard rows.upperBound <= count else { throw .malformed("row \(rows.upperBound) of \(count)") }
            guard chunk.valueCount == count else {
                throw .malformed("the chunk has \(chunk.valueCount) values, the row group \(count) rows")
            }
            guard chunk.compressedSize <= limit else {
                throw ParquetError(.tooLarge, "a chunk of \(chunk.compressedSize) bytes; the bound is \(limit)")
            }
            let reader = try PageReader(columns[column], chunk.codec, limit: limit)
            var decoder = try ValueDecoder(columns[column].type, rows: rows.count, limit: limit)
            if rows.count < count, let index = try offsetIndex(chunk, count) {
                try read(chunk, index, rows, reader, &decoder)
            } else {
                try readAll(chunk, rows, reader, &decoder)
            }
            return decoder.vector()
        }
    }

    /// Reads the chunk from its beginning on.
    private func readAll(
        _ chunk: ColumnChunk, _ rows: Range<Int>, _ reader: PageReader, _ decoder: inout ValueDecoder
    ) throws(ParquetError) {
        let bytes = try source.read(chunk.start, chunk.compressedSize)[...]
        var index = bytes.startIndex
        var row = 0
        while row < rows.upperBound {
            guard index < bytes.endIndex else { throw .malformed("the chunk ends before row \(row)") }
            try page(at: chunk.start + index) { () throws(ParquetError) in
                let page = try reader.next(bytes, &index, most: chunk.valueCount - (row > 0 ? row : 0))
                switch page.header.type {
                case .dictionary: try decoder.learn(page)
                case .index: break
                case .data, .dataV2:
                    let end = row + page.header.valueCount
                    let wanted = rows.clamped(to: row..<end)
                    if !wanted.isEmpty {
                        try decoder.append(page, rows: wanted.lowerBound - row..<wanted.upperBound - row)
                    }
                    row = end
                }
            }
        }
    }

    /// Reads the dictionary and those pages that have rows of the range.
    private func read(
        _ chunk: ColumnChunk, _ index: OffsetIndex, _ rows: Range<Int>, _ reader: PageReader,
        _ decoder: inout ValueDecoder
    ) throws(ParquetError) {
        if let offset = chunk.dictionaryPageOffset, let first = index.locations.first, offset < first.offset {
            let bytes = try source.read(offset, first.offset - offset)
            guard bytes.count <= limit else { throw ParquetError(.tooLarge, "a dictionary of \(bytes.count) bytes") }
            try page(at: offset) { () throws(ParquetError) in
                var start = 0
                let page = try reader.next(bytes[...], &start, most: chunk.valueCount)
                guard page.header.type == .dictionary else { throw .malformed("a dictionary is wanted here") }
                try decoder.learn(page)
            }
        }
        for (number, location) in index.locations.enumerated() {
            let end = number + 1 < index.locations.count ? index.locations[number + 1].firstRow : chunk.valueCount
            let wanted = rows.clamped(to: location.firstRow..<end)
            guard !wanted.isEmpty else { continue }
            guard location.size <= limit else { throw ParquetError(.tooLarge, "a page of \(location.size) bytes") }
            let bytes = try source.read(location.offset, location.size)
            try page(at: location.offset) { () throws(ParquetError) in
                var start = 0
                let page = try reader.next(bytes[...], &start, most: end - location.firstRow)
                guard page.header.type == .data || page.header.type == .dataV2,
                    page.header.valueCount == end - location.firstRow
                else { throw .malformed("the index announces a page of \(end - location.firstRow) rows here") }
                try decoder.append(
                    page, rows: wanted.lowerBound - location.firstRow..<wanted.upperBound - location.firstRow)
            }
        }
    }

    private func page(at offset: Int, _ body: () throws(ParquetError) -> Void) throws(ParquetError) {
        do {
            try body()
        } catch {
            throw error.within("page at byte \(offset)")
        }
    }
}

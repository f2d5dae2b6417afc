import Zstd

/// Writes one column's values of one row group: dictionary, pages, indexes, filter.
struct ChunkWriter {
    /// A chunk as it was written, and what goes to the end of the file about it.
    struct Result {
        var chunk = ColumnChunk()
        var offsetIndex = OffsetIndex()
        var columnIndex: ColumnIndex?
        var bloom: BloomFilter?
    }

    private let column: Column
    private let options: WriterOptions
    private let compressor: Compressor?
    private let vector: ColumnVector
    private let values: DenseValues
    private let dictionary: ChunkDictionary?
    private let encoding: ColumnEncoding

    init(_ column: Column, _ vector: ColumnVector, _ options: WriterOptions, _ compressor: Compressor?) {
        self.column = column
        self.options = options
        self.compressor = compressor
        self.vector = vector
        values = DenseValues(vector)
        var encoding = options.encoding(of: column)
        var dictionary: ChunkDictionary?
        if case .dictionary(let otherwise) = encoding {
            dictionary = ChunkDictionary(
                values, limit: options.dictionaryEntries, isShort: column.type.width.map { $0 <= 32 } ?? false)
            if dictionary == nil { encoding = otherwise }
        }
        (self.encoding, self.dictionary) = (encoding, dictionary)
    }

    /// Adds the chunk to the end of `file`, whose first byte is at `base` in the whole file.
    func write(to file: inout [UInt8], base: Int) throws(ParquetError) -> Result {
        var result = Result()
        result.chunk.type = column.type.physical ?? .int64
        result.chunk.path = [column.name]
        result.chunk.codec = compressor == nil ? .uncompressed : .zstd
        result.chunk.valueCount = vector.count
        let start = file.count
        if let dictionary {
            result.chunk.dictionaryPageOffset = base + file.count
            try writeDictionary(dictionary, to: &file, &result)
        }
        result.chunk.dataPageOffset = base + file.count
        try writePages(to: &file, base: base, &result)
        result.chunk.compressedSize = file.count - start
        result.chunk.encodings = [pageEncoding, .rle] + (dictionary == nil ? [] : [.plain])
        let bounds = Bounds(values, 0..<values.count, type: column.type, dictionary: dictionary)
        result.chunk.statistics = Statistics(
            bounds, nullCount: vector.count - values.count, distinctCount: dictionary?.count)
        result.chunk.unencodedBytes = values.textBytes(0..<values.count)
        if column.isOptional {
            result.chunk.definitionHistogram = [vector.count - values.count, values.count]
        }
        if options.blooms.contains(column.name) { result.bloom = bloom() }
        return result
    }

    private func writeDictionary(
        _ dictionary: ChunkDictionary, to file: inout [UInt8], _ result: inout Result
    ) throws(ParquetError) {
        var plain: [UInt8] = []
        encode(dictionary.entries, 0..<dictionary.count, .plain, &plain)
        var header = PageHeader()
        header.type = .dictionary
        header.valueCount = dictionary.count
        header.encoding = .plain
        try append(header, levels: [], plain, to: &file, &result)
        result.chunk.pageCounts = [.init(type: .dictionary, encoding: .plain, count: 1)]
    }

    private var pageEncoding: Encoding {
        if dictionary != nil { return .rleDictionary }
        return switch encoding {
        case .plain, .dictionary: .plain
        case .byteStreamSplit: .byteStreamSplit
        case .delta: column.type.width == nil ? .deltaLengthByteArray : .deltaBinaryPacked
        }
    }

    private func writePages(to file: inout [UInt8], base: Int, _ result: inout Result) throws(ParquetError) {
        var index = ColumnIndex()
        var (nullCounts, histograms, unencoded): ([Int], [Int], [Int]) = ([], [], [])
        var start = 0
        var dense = 0
        var count = 0
        repeat {
            let rows = start..<min(vector.count, start + options.rowsOfPage)
            let present = vector.presence.map { $0[rows].reduce(0) { $0 + Int($1) } } ?? rows.count
            let range = dense..<dense + present
            let offset = base + file.count
            try writePage(rows, range, to: &file, &result)
            result.offsetIndex.locations.append(
                .init(offset: offset, size: base + file.count - offset, firstRow: start))
            if let bytes = values.textBytes(range) { unencoded.append(bytes) }
            let bounds = Bounds(values, range, type: column.type, dictionary: dictionary)
            index.nullPages.append(bounds == nil)
            index.minimums.append(bounds?.minimum ?? [])
            index.maximums.append(bounds?.maximum ?? [])
            nullCounts.append(rows.count - present)
            histograms += [rows.count - present, present]
            start = rows.upperBound
            dense = range.upperBound
            count += 1
        } while start < vector.count
        result.chunk.pageCounts =
            (result.chunk.pageCounts ?? []) + [
                .init(type: options.pageVersion == .one ? .data : .dataV2, encoding: pageEncoding, count: count)
            ]
        if !unencoded.isEmpty { result.offsetIndex.unencodedBytes = unencoded }
        index.nullCounts = nullCounts
        if column.isOptional { index.definitionHistograms = histograms }
        index.order = order(of: index)
        result.columnIndex = index
    }

    /// Whether the pages' bounds rise or fall; only rising ones are told apart from others.
    private func order(of index: ColumnIndex) -> BoundaryOrder {
        let pages = index.nullPages.indices.filter { !index.nullPages[$0] }
        let rises = zip(pages, pages.dropFirst()).allSatisfy { before, after in
            isOrdered(index.minimums[before], index.minimums[after])
                && isOrdered(index.maximums[before], index.maximums[after])
        }
        return rises ? .ascending : .unordered
    }

    private func isOrdered(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        guard column.type.width != nil else { return !second.lexicographicallyPrecedes(first) }
        let (lower, upper) = (PlainBound(first, column.type), PlainBound(second, column.type))
        return lower.isNotAfter(upper)
    }

    private func writePage(
        _ rows: Range<Int>, _ range: Range<Int>, to file: inout [UInt8], _ result: inout Result
    ) throws(ParquetError) {
        var levels: [UInt8] = []
        if column.isOptional {
            let presence = vector.presence.map { $0[rows].map { UInt32($0) } }
            RunLength.encode((presence ?? [UInt32](repeating: 1, count: rows.count))[...], width: 1, into: &levels)
        }
        var body: [UInt8] = []
        if let dictionary {
            let width = RunLength.width(for: dictionary.count - 1)
            body.append(UInt8(width))
            RunLength.encode(dictionary.codes[range], width: width, into: &body)
        } else {
            encode(values, range, encoding, &body)
        }
        var header = PageHeader()
        header.type = options.pageVersion == .one ? .data : .dataV2
        header.valueCount = rows.count
        header.encoding = pageEncoding
        header.nullCount = rows.count - range.count
        header.rowCount = rows.count
        header.definitionLength = levels.count
        try append(header, levels: levels, body, to: &file, &result)
    }

    /// Adds a page: its header, then its bytes, compressed; in the second version levels stay as they are.
    private func append(
        _ page: PageHeader, levels: [UInt8], _ body: [UInt8], to file: inout [UInt8], _ result: inout Result
    ) throws(ParquetError) {
        var header = page
        var payload: [UInt8] = []
        var plain = body
        switch header.type {
        case .data:
            if column.isOptional {
                plain = []
                plain.append(littleEndian: UInt32(levels.count))
                plain += levels
                plain += body
            }
            header.uncompressedSize = plain.count
        case .dataV2:
            payload = levels
            header.uncompressedSize = plain.count + levels.count
        case .dictionary, .index: header.uncompressedSize = plain.count
        }
        if let compressor {
            do {
                try compressor.append(plain, to: &payload)
            } catch {
                throw ParquetError(.system, "zstd: \(error)")
            }
        } else {
            payload += plain
        }
        header.compressedSize = payload.count
        header.isCompressed = compressor != nil
        guard header.uncompressedSize <= Int(Int32.max), payload.count <= Int(Int32.max) else {
            throw ParquetError(.tooLarge, "a page of \(header.uncompressedSize) bytes; give fewer rows a page")
        }
        header.checksum = options.hasChecksums ? PageChecksum.of(payload[...]) : nil
        let bytes = header.bytes()
        file += bytes
        file += payload
        result.chunk.uncompressedSize += bytes.count + header.uncompressedSize
    }

    private func encode(
        _ values: DenseValues, _ range: Range<Int>, _ encoding: ColumnEncoding, _ output: inout [UInt8]
    ) {
        let width = column.type.physical == .int32 ? 4 : 8
        switch (values, encoding) {
        case (.integers(let all), .plain), (.integers(let all), .dictionary):
            if column.type == .boolean {
                Plain.encode(booleans: all[range], into: &output)
            } else {
                output.append(littleEndian: all[range], width: width)
            }
        case (.integers(let all), .delta):
            DeltaBinaryPacked.encode(all[range], bits: width * 8, into: &output)
        case (.integers(let all), .byteStreamSplit): ByteStreamSplit.encode(all[range], width: width, into: &output)
        case (.fixed16(let all), .byteStreamSplit): ByteStreamSplit.encode(all[range], into: &output)
        case (.fixed16(let all), _): Plain.encode(all[range], into: &output)
        case (.texts(let codes, let table), .delta): DeltaTexts.encode(codes[range], table, into: &output)
        case (.texts(let codes, let table), _):
            for code in codes[range] { Plain.append(table[code], to: &output) }
        }
    }

    private func bloom() -> BloomFilter {
        let distinct = dictionary?.entries ?? values
        var filter = BloomFilter(distinct: distinct.count)
        let hashes = BloomHashes(type: column.type)
        switch distinct {
        case .integers(let all): for value in all { filter.insert(hashes.hash(value)) }
        case .fixed16(let all): for value in all { filter.insert(hashes.hash(value)) }
        case .texts(let codes, let table): for code in codes { filter.insert(hashes.hash(table[code])) }
        }
        return filter
    }
}

/// Decodes the values of pages, and sums them up to a vector.
struct ValueDecoder {
    private let type: ColumnType
    private let limit: Int
    private var dictionary: DenseValues?
    private var integers: [Int64] = []
    private var fixed16: [UInt128] = []
    private var codes: [UInt32] = []
    private var table = TextTable()
    /// How many texts of the table are the dictionary's.
    private var dictionaryCount = 0
    private var presence: [UInt8]?
    private var count = 0

    init(_ type: ColumnType, rows: Int, limit: Int) throws(ParquetError) {
        self.type = type
        self.limit = limit
        let size = type == .fixed16 ? 17 : 9
        let (bytes, isBeyond) = rows.multipliedReportingOverflow(by: size)
        guard !isBeyond, bytes <= limit else {
            throw ParquetError(.tooLarge, "\(rows) values take more than the bound of \(limit) bytes")
        }
    }

    /// Takes the dictionary's page.
    mutating func learn(_ page: PageReader.Page) throws(ParquetError) {
        guard page.header.encoding == .plain || page.header.encoding == .plainDictionary else {
            throw .malformed("a dictionary written as \(page.header.encoding)")
        }
        let count = page.header.valueCount
        let dense = try dense(page.values, .plain, count)
        if case .texts(_, let texts) = dense {
            table = texts
            dictionaryCount = texts.count
        }
        dictionary = dense
    }

    /// Adds those rows of a page that are in `rows`, counted from the page's first.
    mutating func append(_ page: PageReader.Page, rows: Range<Int>) throws(ParquetError) {
        let before = count
        let range: Range<Int>
        if let levels = page.presence {
            let skipped = levels[..<rows.lowerBound].reduce(0) { $0 + Int($1) }
            range = skipped..<skipped + levels[rows].reduce(0) { $0 + Int($1) }
            if presence == nil { presence = [UInt8](repeating: 1, count: before) }
            presence?.append(contentsOf: levels[rows])
        } else {
            range = rows
            presence?.append(contentsOf: repeatElement(1, count: rows.count))
        }
        count += rows.count
        let levels = page.presence?[rows]
        guard !range.isEmpty else {
            switch type {
            case .fixed16: fixed16.append(contentsOf: repeatElement(0, count: rows.count))
            case .string, .bytes: codes.append(contentsOf: repeatElement(0, count: rows.count))
            case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .uint64, .timestamp, .other:
                integers.append(contentsOf: repeatElement(0, count: rows.count))
            }
            return
        }
        switch page.header.encoding {
        case .rleDictionary, .plainDictionary: try appendCoded(page, range, levels)
        case .plain, .rle, .bitPacked, .deltaBinaryPacked, .deltaLengthByteArray, .deltaByteArray, .byteStreamSplit:
            switch try dense(page.values, page.header.encoding, page.presentCount) {
            case .integers(let all): Self.append(all[range], levels, to: &integers)
            case .fixed16(let all): Self.append(all[range], levels, to: &fixed16)
            case .texts(_, let texts):
                let first = UInt32(table.count)
                guard table.bytes.count + texts.bytes.count <= limit else {
                    throw ParquetError(.tooLarge, "texts take more than the bound of \(limit) bytes")
                }
                for number in range { table.append(texts[UInt32(number)]) }
                Self.append(Array(first..<first + UInt32(range.count))[...], levels, to: &codes)
            }
        }
    }

    private mutating func appendCoded(
        _ page: PageReader.Page, _ range: Range<Int>, _ levels: ArraySlice<UInt8>?
    ) throws(ParquetError) {
        guard let dictionary else { throw .malformed("a page of dictionary numbers, and no dictionary") }
        guard let width = page.values.first else { throw .malformed("a page ends before its values") }
        let numbers = try RunLength.decode(page.values.dropFirst(), width: Int(width), count: page.presentCount)
        let size = dictionary.count
        if let wrong = numbers[range].first(where: { Int($0) >= size }) {
            throw .malformed("number \(wrong) in a dictionary of \(size)")
        }
        switch dictionary {
        case .integers(let entries): Self.append(numbers[range].map { entries[Int($0)] }[...], levels, to: &integers)
        case .fixed16(let entries): Self.append(numbers[range].map { entries[Int($0)] }[...], levels, to: &fixed16)
        case .texts: Self.append(numbers[range], levels, to: &codes)
        }
    }

    /// Adds values, with a zero for each row that has none.
    private static func append<Value: FixedWidthInteger>(
        _ values: ArraySlice<Value>, _ levels: ArraySlice<UInt8>?, to target: inout [Value]
    ) {
        guard let levels else { return target.append(contentsOf: values) }
        var next = values.startIndex
        target.reserveCapacity(target.count + levels.count)
        for level in levels {
            if level == 1 {
                target.append(values[next])
                next += 1
            } else {
                target.append(0)
            }
        }
    }

    /// The vector of all rows that were added.
    func vector() -> ColumnVector {
        switch type {
        case .fixed16: ColumnVector(.fixed16(fixed16), presence: presence)
        case .string, .bytes: ColumnVector(.texts(codes: codes, table: table), presence: presence)
        case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .uint64, .timestamp, .other:
            ColumnVector(.integers(integers), presence: presence)
        }
    }

    private func dense(
        _ bytes: ArraySlice<UInt8>, _ encoding: Encoding, _ count: Int
    ) throws(ParquetError) -> DenseValues {
        switch (type, encoding) {
        case (.boolean, .plain): return .integers(try Plain.decodeBooleans(bytes, count: count))
        case (.boolean, .rle):
            guard bytes.count >= 4 else { throw .malformed("a page ends before its values") }
            return .integers(try RunLength.decode(bytes.dropFirst(4), width: 1, count: count).map { Int64($0) })
        case (.fixed16, .plain): return .fixed16(try Plain.decodeFixed16(bytes, count: count))
        case (.fixed16, .byteStreamSplit): return .fixed16(try ByteStreamSplit.decodeFixed16(bytes, count: count))
        case (.fixed16, .deltaByteArray):
            var texts = TextTable()
            try DeltaTexts.decodePrefixes(bytes, count: count, limit: limit, into: &texts)
            var values: [UInt128] = []
            for number in 0..<UInt32(count) {
                guard texts.range(number).count == 16 else { throw .malformed("a value of other than sixteen bytes") }
                values.append(texts[number].reduce(0) { $0 << 8 | UInt128($1) })
            }
            return .fixed16(values)
        case (.string, .plain), (.bytes, .plain):
            var texts = TextTable()
            try Plain.decodeTexts(bytes, count: count, into: &texts)
            return Self.numbered(texts)
        case (.string, .deltaLengthByteArray), (.bytes, .deltaLengthByteArray):
            var texts = TextTable()
            try DeltaTexts.decodeLengths(bytes, count: count, into: &texts)
            return Self.numbered(texts)
        case (.string, .deltaByteArray), (.bytes, .deltaByteArray):
            var texts = TextTable()
            try DeltaTexts.decodePrefixes(bytes, count: count, limit: limit, into: &texts)
            return Self.numbered(texts)
        case (.int32, _), (.uint8, _), (.uint16, _), (.uint32, _), (.int64, _), (.uint64, _), (.timestamp, _):
            return .integers(try numbers(bytes, encoding, count))
        case (.boolean, _), (.fixed16, _), (.string, _), (.bytes, _), (.other, _):
            throw ParquetError(.unsupported, "values of \(type) written as \(encoding)")
        }
    }

    private static func numbered(_ texts: TextTable) -> DenseValues {
        .texts(Array(0..<UInt32(texts.count)), texts)
    }

    private func numbers(
        _ bytes: ArraySlice<UInt8>, _ encoding: Encoding, _ count: Int
    ) throws(ParquetError) -> [Int64] {
        let width = type.physical == .int32 ? 4 : 8
        let raw: [UInt64]
        switch encoding {
        case .plain: raw = try Plain.decode(bytes, width: width, count: count)
        case .byteStreamSplit: raw = try ByteStreamSplit.decode(bytes, width: width, count: count)
        case .deltaBinaryPacked:
            var index = bytes.startIndex
            let values = try DeltaBinaryPacked.decode(bytes, count: count, bits: width * 8, index: &index)
            guard type.isUnsigned, width == 4 else { return values }
            return values.map { Int64(UInt32(truncatingIfNeeded: $0)) }
        case .plainDictionary, .rle, .bitPacked, .deltaLengthByteArray, .deltaByteArray, .rleDictionary:
            throw ParquetError(.unsupported, "values of \(type) written as \(encoding)")
        }
        return type == .int32
            ? raw.map { Int64(Int32(truncatingIfNeeded: $0)) } : raw.map { Int64(bitPattern: $0) }
    }
}

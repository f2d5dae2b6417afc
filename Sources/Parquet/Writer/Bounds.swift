/// The least and the greatest of some values, as statistics write them.
struct Bounds {
    let minimum: [UInt8]
    let maximum: [UInt8]
    var isMinimumExact = true
    var isMaximumExact = true

    /// Bounds of the values in a range; nil where there are none.
    init?(_ values: DenseValues, _ range: Range<Int>, type: ColumnType, dictionary: ChunkDictionary?) {
        guard !range.isEmpty else { return nil }
        switch values {
        case .integers(let all):
            var (least, greatest) = (all[range.lowerBound], all[range.lowerBound])
            if type == .uint64 {
                for index in range {
                    let value = UInt64(bitPattern: all[index])
                    if value < UInt64(bitPattern: least) { least = all[index] }
                    if value > UInt64(bitPattern: greatest) { greatest = all[index] }
                }
            } else {
                for index in range {
                    least = min(least, all[index])
                    greatest = max(greatest, all[index])
                }
            }
            (minimum, maximum) = (Self.bytes(least, type), Self.bytes(greatest, type))
        case .fixed16(let all):
            var (least, greatest) = (all[range.lowerBound], all[range.lowerBound])
            for index in range {
                least = min(least, all[index])
                greatest = max(greatest, all[index])
            }
            (minimum, maximum) = (Self.bytes(least), Self.bytes(greatest))
        case .texts(let codes, let table):
            var (least, greatest) = (range.lowerBound, range.lowerBound)
            if let dictionary {
                let (ranks, numbers) = (dictionary.ranks, dictionary.codes)
                for index in range {
                    let rank = ranks[Int(numbers[index])]
                    if rank < ranks[Int(numbers[least])] { least = index }
                    if rank > ranks[Int(numbers[greatest])] { greatest = index }
                }
            } else {
                for index in range {
                    let text = table[codes[index]]
                    if text.lexicographicallyPrecedes(table[codes[least]]) { least = index }
                    if table[codes[greatest]].lexicographicallyPrecedes(text) { greatest = index }
                }
            }
            let (low, high) = (table[codes[least]], table[codes[greatest]])
            minimum = Self.cut(low)
            maximum = Self.raised(high)
            (isMinimumExact, isMaximumExact) = (minimum.count == low.count, maximum.count == high.count)
        }
    }

    static func bytes(_ value: Int64, _ type: ColumnType) -> [UInt8] {
        switch type.physical {
        case .boolean: return [UInt8(truncatingIfNeeded: value)]
        case .int32:
            var bytes: [UInt8] = []
            bytes.append(littleEndian: UInt32(truncatingIfNeeded: value))
            return bytes
        case .int64, .int96, .float, .double, .byteArray, .fixedLengthByteArray, nil:
            var bytes: [UInt8] = []
            bytes.append(littleEndian: value)
            return bytes
        }
    }

    static func bytes(_ value: UInt128) -> [UInt8] {
        var bytes: [UInt8] = []
        Plain.encode([value][...], into: &bytes)
        return bytes
    }

    /// The text's beginning, cut between two characters.
    private static func cut(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.count > Statistics.longestBound else { return Array(text) }
        var end = text.startIndex + Statistics.longestBound
        while end > text.startIndex, text[end] & 0xc0 == 0x80 { end -= 1 }
        return Array(text[..<end])
    }

    /// The shortest text of that kind which is not before this one; the text itself where there is none.
    private static func raised(_ text: ArraySlice<UInt8>) -> [UInt8] {
        guard text.count > Statistics.longestBound else { return Array(text) }
        var beginning = cut(text)
        // An ASCII character is raised to the next one, and stays one.
        while let last = beginning.last, last >= 0x7e { beginning.removeLast() }
        guard let last = beginning.last else { return Array(text) }
        beginning[beginning.count - 1] = last + 1
        return beginning
    }
}

extension Statistics {
    init(_ bounds: Bounds?, nullCount: Int, distinctCount: Int? = nil) {
        self.init()
        minimum = bounds?.minimum
        maximum = bounds?.maximum
        isMinimumExact = bounds?.isMinimumExact
        isMaximumExact = bounds?.isMaximumExact
        self.nullCount = nullCount
        self.distinctCount = distinctCount
    }
}

/// Lengths as differences, then all bytes; or texts that tell only how they differ from the one before.
enum DeltaTexts {
    static func encode(_ codes: ArraySlice<UInt32>, _ table: TextTable, into output: inout [UInt8]) {
        let lengths = codes.map { Int64(table.range($0).count) }
        DeltaBinaryPacked.encode(lengths[...], bits: 32, into: &output)
        for code in codes { output.append(contentsOf: table[code]) }
    }

    static func decodeLengths(
        _ bytes: ArraySlice<UInt8>, count: Int, into table: inout TextTable
    ) throws(ParquetError) {
        var index = bytes.startIndex
        let lengths = try DeltaBinaryPacked.decode(bytes, count: count, bits: 32, index: &index)
        table.reserve(texts: count, bytes: bytes.endIndex - index)
        for length in lengths { table.append(try take(bytes, length, &index)) }
    }

    /// DELTA_BYTE_ARRAY: how much each text shares with the one before, then the rest; all texts together have at most
    /// `limit` bytes.
    static func decodePrefixes(
        _ bytes: ArraySlice<UInt8>, count: Int, limit: Int, into table: inout TextTable
    ) throws(ParquetError) {
        var index = bytes.startIndex
        let prefixes = try DeltaBinaryPacked.decode(bytes, count: count, bits: 32, index: &index)
        let lengths = try DeltaBinaryPacked.decode(bytes, count: count, bits: 32, index: &index)
        var previous: [UInt8] = []
        var total = 0
        for (prefix, length) in zip(prefixes, lengths) {
            guard prefix >= 0, prefix <= previous.count else {
                throw .malformed("a text shares \(prefix) bytes with one of \(previous.count)")
            }
            previous.removeLast(previous.count - Int(prefix))
            previous += try take(bytes, length, &index)
            total += previous.count
            guard total <= limit else { throw ParquetError(.tooLarge, "texts of more than \(limit) bytes") }
            table.append(previous[...])
        }
    }

    private static func take(
        _ bytes: ArraySlice<UInt8>, _ length: Int64, _ index: inout Int
    ) throws(ParquetError) -> ArraySlice<UInt8> {
        guard length >= 0, length <= bytes.endIndex - index else {
            throw .malformed("a text of \(length) bytes is announced, and \(bytes.endIndex - index) left")
        }
        defer { index += Int(length) }
        return bytes[index..<index + Int(length)]
    }
}

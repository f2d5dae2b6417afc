/// Values as they are, behind each other.
enum Plain {
    static func encode(booleans values: ArraySlice<Int64>, into output: inout [UInt8]) {
        var byte: UInt8 = 0
        for (place, value) in values.enumerated() {
            if value != 0 { byte |= 1 << UInt8(place % 8) }
            if place % 8 == 7 {
                output.append(byte)
                byte = 0
            }
        }
        if values.count % 8 != 0 { output.append(byte) }
    }

    static func encode(_ values: ArraySlice<UInt128>, into output: inout [UInt8]) {
        output.reserveCapacity(output.count + values.count * 16)
        for value in values {
            unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe output.append(contentsOf: $0) }
        }
    }

    static func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
        output.append(littleEndian: UInt32(text.count))
        output.append(contentsOf: text)
    }

    static func decodeBooleans(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParquetError) -> [Int64] {
        guard bytes.count >= (count + 7) / 8 else { throw tooShort(bytes, count) }
        return (0..<count).map { Int64(bytes[bytes.startIndex + $0 >> 3] >> UInt8($0 & 7) & 1) }
    }

    /// Numbers of `width` bytes, 4 or 8, not yet told whether they have a sign.
    static func decode(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) throws(ParquetError) -> [UInt64] {
        guard bytes.count >= count * width else { throw tooShort(bytes, count) }
        return unsafe [UInt64](unsafeUninitializedCapacity: count) { target, made in
            unsafe bytes.withUnsafeBytes { source in
                if width == 4 {
                    for index in 0..<count {
                        unsafe target[index] = UInt64(
                            UInt32(littleEndian: source.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
                    }
                } else {
                    for index in 0..<count {
                        unsafe target[index] = UInt64(
                            littleEndian: source.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
                    }
                }
            }
            made = count
        }
    }

    static func decodeFixed16(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParquetError) -> [UInt128] {
        guard bytes.count >= count * 16 else { throw tooShort(bytes, count) }
        return unsafe [UInt128](unsafeUninitializedCapacity: count) { target, made in
            unsafe bytes.withUnsafeBytes { source in
                for index in 0..<count {
                    unsafe target[index] = UInt128(
                        bigEndian: source.loadUnaligned(fromByteOffset: index * 16, as: UInt128.self))
                }
            }
            made = count
        }
    }

    static func decodeTexts(
        _ bytes: ArraySlice<UInt8>, count: Int, into table: inout TextTable
    ) throws(ParquetError) {
        var index = bytes.startIndex
        // Four bytes a text are the least there can be.
        guard bytes.count / 4 >= count else { throw tooShort(bytes, count) }
        table.reserve(texts: count, bytes: bytes.count - 4 * count)
        for _ in 0..<count {
            guard bytes.endIndex - index >= 4 else { throw tooShort(bytes, count) }
            let length = Int(bytes.half(at: index))
            index += 4
            guard length <= bytes.endIndex - index else {
                throw .malformed("a text of \(length) bytes is announced, and \(bytes.endIndex - index) left")
            }
            table.append(bytes[index..<index + length])
            index += length
        }
    }

    private static func tooShort(_ bytes: ArraySlice<UInt8>, _ count: Int) -> ParquetError {
        .malformed("\(bytes.count) bytes are too few for \(count) values")
    }
}

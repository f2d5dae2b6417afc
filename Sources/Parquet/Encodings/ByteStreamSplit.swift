/// The first bytes of all values, then all second bytes, and so on: what compresses well where high bytes are alike.
enum ByteStreamSplit {
    /// Adds numbers of `width` bytes, 4 or 8.
    static func encode(_ values: ArraySlice<Int64>, width: Int, into output: inout [UInt8]) {
        let start = output.count
        let count = values.count
        output.append(contentsOf: repeatElement(0, count: count * width))
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe values.withUnsafeBufferPointer { source in
                for byte in 0..<width {
                    let base = start + byte * count
                    for index in 0..<count {
                        unsafe target[base + index] = UInt8(truncatingIfNeeded: source[index] >> Int64(byte * 8))
                    }
                }
            }
        }
    }

    static func encode(_ values: ArraySlice<UInt128>, into output: inout [UInt8]) {
        let start = output.count
        let count = values.count
        output.append(contentsOf: repeatElement(0, count: count * 16))
        unsafe output.withUnsafeMutableBufferPointer { target in
            unsafe values.withUnsafeBufferPointer { source in
                for byte in 0..<16 {
                    let base = start + byte * count
                    for index in 0..<count {
                        let rest = unsafe source[index] >> UInt128(120 - byte * 8)
                        unsafe target[base + index] = UInt8(truncatingIfNeeded: rest)
                    }
                }
            }
        }
    }

    private static func check(_ bytes: ArraySlice<UInt8>, _ count: Int, _ width: Int) throws(ParquetError) {
        guard bytes.count == count * width else {
            throw .malformed("\(bytes.count) bytes for \(count) values of \(width)")
        }
    }

    static func decode(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) throws(ParquetError) -> [UInt64] {
        try check(bytes, count, width)
        var values = [UInt64](repeating: 0, count: count)
        unsafe values.withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                for byte in 0..<width {
                    let base = byte * count
                    for index in 0..<count {
                        unsafe target[index] |= UInt64(source[base + index]) << UInt64(byte * 8)
                    }
                }
            }
        }
        return values
    }

    static func decodeFixed16(_ bytes: ArraySlice<UInt8>, count: Int) throws(ParquetError) -> [UInt128] {
        try check(bytes, count, 16)
        var values = [UInt128](repeating: 0, count: count)
        unsafe values.withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                for byte in 0..<16 {
                    let base = byte * count
                    for index in 0..<count {
                        unsafe target[index] |= UInt128(source[base + index]) << UInt128(120 - byte * 8)
                    }
                }
            }
        }
        return values
    }
}

extension ArraySlice<UInt8> {
    /// The number in the bytes from `index` on; bytes beyond the end are zero.
    func word(at index: Int) -> UInt64 {
        if index >= startIndex, index + 8 <= endIndex {
            return unsafe withUnsafeBytes {
                UInt64(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: index - startIndex, as: UInt64.self))
            }
        }
        var value: UInt64 = 0
        for (shift, place) in (index..<Swift.min(index + 8, endIndex)).enumerated() {
            value |= UInt64(self[place]) << UInt64(shift * 8)
        }
        return value
    }

    func half(at index: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(at: index)) }
}

extension [UInt8] {
    mutating func append(littleEndian value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// Adds `count` numbers, each in its low `width` bytes.
    mutating func append(littleEndian values: ArraySlice<Int64>, width: Int) {
        let start = count
        append(contentsOf: repeatElement(0, count: values.count * width))
        unsafe withUnsafeMutableBytes { target in
            unsafe values.withUnsafeBufferPointer { source in
                if width == 4 {
                    for index in 0..<source.count {
                        unsafe target.storeBytes(
                            of: UInt32(truncatingIfNeeded: source[index]).littleEndian,
                            toByteOffset: start + index * 4, as: UInt32.self)
                    }
                } else {
                    for index in 0..<source.count {
                        unsafe target.storeBytes(
                            of: source[index].littleEndian, toByteOffset: start + index * 8, as: Int64.self)
                    }
                }
            }
        }
    }
}

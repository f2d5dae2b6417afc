/// CRC-32 (IEEE 802.3) of a page's bytes, eight of them a step.
enum PageChecksum {
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
            tables[index] = value
        }
        for table in 1..<8 {
            for index in 0..<256 {
                let previous = tables[(table - 1) * 256 + index]
                tables[table * 256 + index] = previous >> 8 ^ tables[Int(previous & 0xff)]
            }
        }
        return tables
    }()

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt32 = 0xffff_ffff
        unsafe tables.withUnsafeBufferPointer { tables in
            unsafe bytes.withUnsafeBytes { source in
                var index = 0
                while index + 8 <= source.count {
                    let word =
                        UInt64(littleEndian: unsafe source.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                        ^ UInt64(value)
                    var next: UInt32 = 0
                    for place in 0..<8 {
                        next ^= unsafe tables[(7 - place) * 256 + Int(word >> UInt64(place * 8) & 0xff)]
                    }
                    value = next
                    index += 8
                }
                while index < source.count {
                    value = unsafe value >> 8 ^ tables[Int((value ^ UInt32(source[index])) & 0xff)]
                    index += 1
                }
            }
        }
        return ~value
    }
}

/// CRC-32 of the polynomial 0xEDB88320 (IEEE 802.3), eight bytes a step.
package enum Checksum {
    private static let tables: [[UInt32]] = {
        var tables = [[UInt32]](repeating: [UInt32](repeating: 0, count: 256), count: 8)
        for index in 0..<256 {
            var value = UInt32(index)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
            tables[0][index] = value
        }
        for index in 0..<256 {
            for table in 1..<8 {
                let previous = tables[table - 1][index]
                tables[table][index] = previous >> 8 ^ tables[0][Int(previous & 0xff)]
            }
        }
        return tables
    }()

    package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        let tables = tables
        var value: UInt32 = 0xffff_ffff
        var index = bytes.startIndex
        while index + 8 <= bytes.endIndex {
            value ^=
                UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                | UInt32(bytes[index + 3]) << 24
            let low =
                tables[7][Int(value & 0xff)] ^ tables[6][Int(value >> 8 & 0xff)]
                ^ tables[5][Int(value >> 16 & 0xff)] ^ tables[4][Int(value >> 24)]
            let high =
                tables[3][Int(bytes[index + 4])] ^ tables[2][Int(bytes[index + 5])]
                ^ tables[1][Int(bytes[index + 6])] ^ tables[0][Int(bytes[index + 7])]
            value = low ^ high
            index += 8
        }
        while index < bytes.endIndex {
            value = value >> 8 ^ tables[0][Int((value ^ UInt32(bytes[index])) & 0xff)]
            index += 1
        }
        return ~value
    }
}

/// Reads Snappy's raw format: what other writers compress pages with.
enum Snappy {
    /// Reads bytes whose content must have exactly `length` bytes.
    static func decode(_ bytes: ArraySlice<UInt8>, length: Int) throws(ParquetError) -> [UInt8] {
        var index = bytes.startIndex
        let announced = try RunLength.varint(bytes, &index)
        guard announced == UInt64(length) else {
            throw .malformed("snappy: \(announced) bytes are announced where \(length) are wanted")
        }
        var content: [UInt8] = []
        content.reserveCapacity(length)
        while index < bytes.endIndex {
            let tag = bytes[index]
            index += 1
            switch tag & 3 {
            case 0:
                var count = Int(tag >> 2) + 1
                if count > 60 {
                    let size = count - 60
                    guard bytes.endIndex - index >= size else { throw cut }
                    count = Int(bytes.word(at: index) & (1 << UInt64(size * 8) - 1)) + 1
                    index += size
                }
                guard count <= bytes.endIndex - index, count <= length - content.count else { throw cut }
                content += bytes[index..<index + count]
                index += count
            case 1:
                guard index < bytes.endIndex else { throw cut }
                try copy(Int(tag >> 2 & 7) + 4, from: Int(tag >> 5) << 8 | Int(bytes[index]), &content, length)
                index += 1
            case 2:
                guard bytes.endIndex - index >= 2 else { throw cut }
                try copy(Int(tag >> 2) + 1, from: Int(bytes.word(at: index) & 0xffff), &content, length)
                index += 2
            default:
                guard bytes.endIndex - index >= 4 else { throw cut }
                try copy(Int(tag >> 2) + 1, from: Int(bytes.half(at: index)), &content, length)
                index += 4
            }
        }
        guard content.count == length else { throw cut }
        return content
    }

    private static let cut = ParquetError.malformed("snappy: the bytes end too early, or say more than they should")

    private static func copy(
        _ count: Int, from distance: Int, _ content: inout [UInt8], _ length: Int
    ) throws(ParquetError) {
        guard distance > 0, distance <= content.count, count <= length - content.count else { throw cut }
        let start = content.count - distance
        for place in start..<start + count { content.append(content[place]) }
    }
}

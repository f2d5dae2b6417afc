/// Numbers as packed differences, in blocks of 128 with four widths each.
enum DeltaBinaryPacked {
    private static let blockSize = 128
    private static let miniCount = 4

    /// Adds `values` to the end of `output`; `bits` is 32 or 64, and differences wrap at it.
    static func encode(_ values: ArraySlice<Int64>, bits: Int, into output: inout [UInt8]) {
        output.appendVarint(UInt64(blockSize))
        output.appendVarint(UInt64(miniCount))
        output.appendVarint(UInt64(values.count))
        let first = values.first ?? 0
        // Readers take as many bits as the type has: an unsigned number of 32 stands as a signed one.
        appendZigzag(bits == 32 ? Int64(Int32(truncatingIfNeeded: first)) : first, &output)
        guard var previous = values.first else { return }
        var index = values.startIndex + 1
        var deltas = [Int64](repeating: 0, count: blockSize)
        while index < values.endIndex {
            let count = min(blockSize, values.endIndex - index)
            var least = Int64.max
            for place in 0..<count {
                let value = values[index + place]
                let difference = value &- previous
                deltas[place] = bits == 32 ? Int64(Int32(truncatingIfNeeded: difference)) : difference
                least = min(least, deltas[place])
                previous = value
            }
            appendZigzag(least, &output)
            let mini = blockSize / miniCount
            var widths = [Int](repeating: 0, count: miniCount)
            for number in 0..<miniCount {
                var all: UInt64 = 0
                for place in number * mini..<max(number * mini, min(count, (number + 1) * mini)) {
                    let rest = UInt64(bitPattern: deltas[place] &- least)
                    all |= bits == 32 ? rest & 0xffff_ffff : rest
                }
                widths[number] = 64 - all.leadingZeroBitCount
            }
            for width in widths { output.append(UInt8(width)) }
            for number in 0..<miniCount where number * mini < count {
                let end = min(count, (number + 1) * mini)
                pack(deltas, from: number * mini, to: end, least, widths[number], bits, &output)
            }
            index += count
        }
    }

    private static func pack(
        _ deltas: [Int64], from start: Int, to end: Int, _ least: Int64, _ width: Int, _ bits: Int,
        _ output: inout [UInt8]
    ) {
        let mini = blockSize / miniCount
        var buffer: UInt128 = 0
        var filled = 0
        let target = output.count + mini * width / 8
        for place in start..<end {
            let rest = UInt64(bitPattern: deltas[place] &- least)
            buffer |= UInt128(bits == 32 ? rest & 0xffff_ffff : rest) << UInt128(filled)
            filled += width
            while filled >= 8 {
                output.append(UInt8(truncatingIfNeeded: buffer))
                buffer >>= 8
                filled -= 8
            }
        }
        if filled > 0 { output.append(UInt8(truncatingIfNeeded: buffer)) }
        while output.count < target { output.append(0) }
    }

    private static func appendZigzag(_ value: Int64, _ output: inout [UInt8]) {
        output.appendVarint(UInt64(bitPattern: value << 1 ^ value >> 63))
    }

    /// Reads the numbers, which must be `count`, and moves `index` behind them.
    static func decode(
        _ bytes: ArraySlice<UInt8>, count: Int, bits: Int, index: inout Int
    ) throws(ParquetError) -> [Int64] {
        let block = try RunLength.varint(bytes, &index)
        let minis = try RunLength.varint(bytes, &index)
        guard block > 0, block % 128 == 0, block <= 1 << 20, minis > 0, block % minis == 0, block / minis % 32 == 0
        else {
            throw .malformed("blocks of \(block) differences in \(minis) parts")
        }
        let total = try RunLength.varint(bytes, &index)
        guard total == UInt64(count) else { throw .malformed("\(total) differences where \(count) values are wanted") }
        var previous = try zigzag(bytes, &index)
        guard count > 0 else { return [] }
        var values: [Int64] = []
        values.reserveCapacity(count)
        values.append(previous)
        let mini = Int(block / minis)
        while values.count < count {
            let least = try zigzag(bytes, &index)
            guard bytes.endIndex - index >= Int(minis) else { throw .malformed("the widths end too early") }
            let widths = bytes[index..<index + Int(minis)]
            index += Int(minis)
            for width in widths where values.count < count {
                // DuckDB writes differences of 33 bits between numbers of 32.
                guard width <= 64 else { throw .malformed("differences of \(width) bits in numbers of \(bits)") }
                let length = min(mini, count - values.count)
                guard (length * Int(width) + 7) / 8 <= bytes.endIndex - index else {
                    throw .malformed("packed differences end too early")
                }
                var bit = 0
                for _ in 0..<length {
                    let rest = packed(bytes, at: index, bit: bit, width: Int(width))
                    bit += Int(width)
                    let value = previous &+ least &+ Int64(bitPattern: rest)
                    previous = bits == 32 ? Int64(Int32(truncatingIfNeeded: value)) : value
                    values.append(previous)
                }
                index = min(bytes.endIndex, index + mini * Int(width) / 8)
            }
        }
        return values
    }

    private static func packed(_ bytes: ArraySlice<UInt8>, at index: Int, bit: Int, width: Int) -> UInt64 {
        guard width > 0 else { return 0 }
        let place = index + bit >> 3
        let shift = UInt64(bit & 7)
        var word = bytes.word(at: place) >> shift
        if Int(shift) + width > 64 { word |= bytes.word(at: place + 8) << (64 - shift) }
        return width == 64 ? word : word & ((1 << UInt64(width)) - 1)
    }

    private static func zigzag(_ bytes: ArraySlice<UInt8>, _ index: inout Int) throws(ParquetError) -> Int64 {
        let value = try RunLength.varint(bytes, &index)
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }
}

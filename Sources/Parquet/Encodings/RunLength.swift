/// Runs of equal numbers and groups of eight packed ones: levels, dictionary numbers, truth values.
enum RunLength {
    /// Bits that numbers up to `largest` take.
    static func width(for largest: Int) -> Int { largest <= 0 ? 0 : Int.bitWidth - largest.leadingZeroBitCount }

    /// Adds the runs of `values` to the end of `output`.
    static func encode(_ values: ArraySlice<UInt32>, width: Int, into output: inout [UInt8]) {
        var index = values.startIndex
        // Where values begin that are not written yet; they are packed, in whole groups of eight.
        var pending = index
        while index < values.endIndex {
            var end = index + 1
            while end < values.endIndex, values[end] == values[index] { end += 1 }
            // A run is worth it once the group before it is filled up from it.
            let filling = (8 - (index - pending) % 8) % 8
            if end - index - filling >= 8 {
                pack(values[pending..<index + filling], width: width, into: &output)
                run(values[index], count: end - index - filling, width: width, into: &output)
                pending = end
            }
            index = end
        }
        pack(values[pending...], width: width, into: &output)
    }

    private static func run(_ value: UInt32, count: Int, width: Int, into output: inout [UInt8]) {
        output.appendVarint(UInt64(count) << 1)
        for byte in 0..<(width + 7) / 8 { output.append(UInt8(truncatingIfNeeded: value >> UInt32(byte * 8))) }
    }

    private static func pack(_ values: ArraySlice<UInt32>, width: Int, into output: inout [UInt8]) {
        guard !values.isEmpty else { return }
        let groups = (values.count + 7) / 8
        output.appendVarint(UInt64(groups) << 1 | 1)
        let end = output.count + groups * width
        var buffer: UInt64 = 0
        var filled = 0
        for value in values {
            buffer |= UInt64(value) << UInt64(filled)
            filled += width
            while filled >= 8 {
                output.append(UInt8(truncatingIfNeeded: buffer))
                buffer >>= 8
                filled -= 8
            }
        }
        if filled > 0 { output.append(UInt8(truncatingIfNeeded: buffer)) }
        while output.count < end { output.append(0) }
    }

    /// Reads `count` numbers of `width` bits, 0–32.
    static func decode(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) throws(ParquetError) -> [UInt32] {
        guard (0...32).contains(width) else { throw .malformed("numbers of \(width) bits") }
        var values = [UInt32](repeating: 0, count: count)
        var index = bytes.startIndex
        var done = 0
        while done < count {
            let header = try varint(bytes, &index)
            let announced = header >> 1
            if header & 1 == 0 {
                guard announced > 0 else { throw .malformed("a run of no values") }
                let size = (width + 7) / 8
                guard bytes.endIndex - index >= size else { throw .malformed("a run ends too early") }
                let mask: UInt64 = size == 0 ? 0 : ~0 >> UInt64(64 - size * 8)
                let value = UInt32(truncatingIfNeeded: bytes.word(at: index) & mask)
                guard width == 32 || value >> UInt32(width) == 0 else {
                    throw .malformed("the run's value \(value) has more than \(width) bits")
                }
                index += size
                let length = Int(min(announced, UInt64(count - done)))
                if value != 0 { for place in done..<done + length { values[place] = value } }
                done += length
            } else {
                guard announced > 0 else { throw .malformed("a pack of no values") }
                let length = announced > UInt64(count) ? count - done : min(Int(announced) * 8, count - done)
                // The last group may be cut where its values are not needed.
                guard (length * width + 7) / 8 <= bytes.endIndex - index else {
                    throw .malformed("packed values end too early")
                }
                unpack(bytes, from: index, width: width, count: length, into: &values, at: done)
                done += length
                let (size, isBeyond) = Int(clamping: announced).multipliedReportingOverflow(by: width)
                index = isBeyond ? bytes.endIndex : min(bytes.endIndex, index + min(size, bytes.count))
            }
        }
        return values
    }

    private static func unpack(
        _ bytes: ArraySlice<UInt8>, from index: Int, width: Int, count: Int, into values: inout [UInt32], at start: Int
    ) {
        guard width > 0 else { return }
        let mask = width == 32 ? UInt64(UInt32.max) : (1 << UInt64(width)) - 1
        // Words of eight bytes, as far as they are there.
        let fast = max(0, min(count, ((bytes.endIndex - index - 8) * 8) / width))
        let offset = index - bytes.startIndex
        unsafe values.withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBytes { source in
                var bit = 0
                for place in 0..<fast {
                    let word = UInt64(
                        littleEndian: unsafe source.loadUnaligned(
                            fromByteOffset: offset + bit >> 3, as: UInt64.self))
                    unsafe target[start + place] = UInt32(truncatingIfNeeded: word >> UInt64(bit & 7) & mask)
                    bit += width
                }
            }
        }
        var bit = fast * width
        for place in fast..<count {
            let word = bytes.word(at: index + bit >> 3)
            values[start + place] = UInt32(truncatingIfNeeded: word >> UInt64(bit & 7) & mask)
            bit += width
        }
    }

    static func varint(_ bytes: ArraySlice<UInt8>, _ index: inout Int) throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard index < bytes.endIndex else { throw .malformed("a number ends too early") }
            let next = bytes[index]
            index += 1
            if shift == 63, next > 1 { break }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
        }
        throw .malformed("a number has more than 64 bits")
    }
}

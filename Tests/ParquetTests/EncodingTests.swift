import TestSupport
import Testing

@testable import Parquet

struct EncodingTests {
    @Test func `numbers of any width come back from runs`() throws {
        var random = SplitMix64(seed: 1)
        for width in 0...32 {
            for _ in 0..<20 {
                var values: [UInt32] = []
                let mask = width == 32 ? UInt32.max : (1 << UInt32(width)) - 1
                while values.count < 300 {
                    let value = UInt32(truncatingIfNeeded: random.next()) & mask
                    values += [UInt32](repeating: value, count: Int(random.next() % 30) + 1)
                    for _ in 0..<Int(random.next() % 12) {
                        values.append(UInt32(truncatingIfNeeded: random.next()) & mask)
                    }
                }
                var bytes: [UInt8] = []
                RunLength.encode(values[...], width: width, into: &bytes)
                #expect(try RunLength.decode(bytes[...], width: width, count: values.count) == values)
                let some = Int.random(in: 0..<values.count, using: &random)
                #expect(try RunLength.decode(bytes[...], width: width, count: some) == Array(values[..<some]))
            }
        }
    }

    @Test(arguments: [32, 64]) func `numbers come back from their differences`(bits: Int) throws {
        var random = SplitMix64(seed: 2)
        for count in [0, 1, 2, 31, 32, 33, 128, 129, 130, 500] {
            for shift in [0, 8, 33, 60] as [UInt64] {
                let values = (0..<count).map { _ -> Int64 in
                    let value = Int64(bitPattern: random.next()) >> Int64(shift)
                    return bits == 32 ? Int64(Int32(truncatingIfNeeded: value)) : value
                }
                var bytes: [UInt8] = [9]
                DeltaBinaryPacked.encode(values[...], bits: bits, into: &bytes)
                var index = 1
                #expect(try DeltaBinaryPacked.decode(bytes[...], count: count, bits: bits, index: &index) == values)
                #expect(index == bytes.count)
            }
        }
    }

    /// The ends of the type, whose differences wrap.
    @Test func `the farthest differences come back`() throws {
        let values: [Int64] = [.min, .max, .min, 0, .max, -1, .min]
        var bytes: [UInt8] = []
        DeltaBinaryPacked.encode(values[...], bits: 64, into: &bytes)
        var index = 0
        #expect(try DeltaBinaryPacked.decode(bytes[...], count: 7, bits: 64, index: &index) == values)
    }

    /// The values that the function's authors publish.
    @Test(
        arguments: [
            ("", 0xef46_db37_51d8_e999), ("a", 0xd24e_c4f1_a98c_6e5b), ("abc", 0x44bc_2cf5_ad77_0999),
            ("Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2_e854_70d6_fd96),
        ] as [(String, UInt64)]) func `hashes are xxHash's`(text: String, hash: UInt64)
    {
        #expect(XXHash64.of(Array(text.utf8)[...]) == hash)
    }

    @Test func `a number's hash is that of its bytes`() {
        for value in [0, 1, 0x0123_4567_89ab_cdef, .max] as [UInt64] {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: value)
            #expect(XXHash64.of(word: value) == XXHash64.of(bytes[...]))
        }
    }

    /// `snappy.compress(b"ab" * 20 + b"xyz")` of python-snappy, and its cuts.
    @Test func `snappy's copies are read`() throws {
        let bytes: [UInt8] = [43, 4, 0x61, 0x62, 0x96, 0x02, 0x00, 0x08, 0x78, 0x79, 0x7a]
        let content = try Snappy.decode(bytes[...], length: 43)
        #expect(content == Array((String(repeating: "ab", count: 20) + "xyz").utf8))
        for length in 0..<bytes.count {
            #expect(throws: ParquetError.self) { try Snappy.decode(bytes[..<length], length: 43) }
        }
        #expect(throws: ParquetError.self) { try Snappy.decode(bytes[...], length: 44) }
    }

    /// The check value of CRC-32 and, for all alignments, the sum byte by byte.
    @Test func `checksums are CRC-32`() {
        #expect(PageChecksum.of(Array("123456789".utf8)[...]) == 0xcbf4_3926)
        #expect(PageChecksum.of([]) == 0)
        #expect(PageChecksum.of(Array("The quick brown fox jumps over the lazy dog".utf8)[...]) == 0x414f_a339)
    }
}

import Gzip
import Testing

@Suite struct GzipTests {
    private static let samples: [[UInt8]] = [
        [], [0], Array("flow ".utf8), Array(repeating: 7, count: 200_000),
        (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7 ^ $0) },
    ]

    @Test(arguments: [0, 1, 6, 9])
    func `bytes survive compression`(level: Int) throws {
        for sample in Self.samples {
            let packed = try Gzip.compress(sample, level: level)
            #expect(packed.prefix(3) == [0x1f, 0x8b, 0x08])
            #expect(try Gzip.decompress(packed, limit: sample.count) == sample)
        }
    }

    @Test func `the header carries no time`() throws {
        #expect(try Gzip.compress([1])[4..<8] == [0, 0, 0, 0])
    }

    @Test func `content beyond the limit is refused`() throws {
        let packed = try Gzip.compress(Self.samples[3])
        #expect(throws: GzipError.tooLarge(limit: 199_999)) { try Gzip.decompress(packed, limit: 199_999) }
    }

    @Test func `a level that does not exist is refused`() {
        #expect(throws: GzipError.badLevel(10)) { try Gzip.compress([], level: 10) }
    }

    @Test func `every cut of a stream is refused`() throws {
        let packed = try Gzip.compress(Self.samples[2])
        for length in 0..<packed.count {
            #expect(throws: GzipError.truncated(at: length)) {
                try Gzip.decompress(Array(packed.prefix(length)), limit: 1000)
            }
        }
    }

    @Test func `every changed byte of the checksum is noticed`() throws {
        let packed = try Gzip.compress(Self.samples[2])
        for index in packed.count - 8..<packed.count {
            var changed = packed
            changed[index] ^= 1
            #expect(throws: GzipError.self) { try Gzip.decompress(changed, limit: 1000) }
        }
    }

    @Test func `what follows the stream is refused`() throws {
        let packed = try Gzip.compress([1])
        #expect(throws: GzipError.trailingBytes(count: 2)) { try Gzip.decompress(packed + [0, 0], limit: 10) }
    }
}

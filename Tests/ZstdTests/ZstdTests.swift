import TestSupport
import Testing
import Zstd

struct ZstdTests {
    private static func sample(_ count: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(count))
        return (0..<count).map { $0 % 5 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8($0 % 7) }
    }

    @Test(arguments: [0, 1, 1000, 300_000], [1, 3, 19]) func `what is compressed is read`(count: Int, level: Int) throws
    {
        let content = Self.sample(count)
        var frame: [UInt8] = [1, 2]
        try Compressor(level: level).append(content, to: &frame)
        #expect(frame.prefix(2) == [1, 2])
        #expect(try Decompressor().read(frame.dropFirst(2), length: count) == content)
    }

    @Test func `a level that is none is refused`() {
        #expect(throws: ZstdError.badLevel(23)) { try Compressor(level: 23) }
        #expect(throws: ZstdError.badLevel(0)) { try Compressor(level: 0) }
    }

    @Test func `another length than the content's is refused`() throws {
        var frame: [UInt8] = []
        try Compressor(level: 1).append(Self.sample(500), to: &frame)
        #expect(throws: ZstdError.wrongLength(wanted: 501, seen: 500)) {
            try Decompressor().read(frame[...], length: 501)
        }
        #expect(throws: ZstdError.self) { try Decompressor().read(frame[...], length: 499) }
        for length in 0..<frame.count {
            #expect(throws: ZstdError.self) { try Decompressor().read(frame[..<length], length: 500) }
        }
    }

    @Test(arguments: [1, 7, 4096, 1 << 20]) func `a stream is read in any pieces`(piece: Int) throws {
        let content = Self.sample(700_000)
        var stream: [UInt8] = []
        let compressor = try Compressor(level: 1)
        // Two frames behind each other are one stream.
        try compressor.append(Array(content[..<300_000]), to: &stream)
        try compressor.append(Array(content[300_000...]), to: &stream)
        if piece == 1 { stream = Array(stream.prefix(20_000)) }
        let reader = try StreamDecompressor()
        var read: [UInt8] = []
        for start in stride(from: 0, to: stream.count, by: piece) {
            try reader.read(Array(stream[start..<min(stream.count, start + piece)])) { read += $0 }
        }
        if piece == 1 {
            #expect(content.starts(with: read))
            #expect(throws: ZstdError.truncated) { try reader.finish() }
        } else {
            #expect(read == content)
            try reader.finish()
        }
    }

    @Test func `what is no stream is refused`() throws {
        #expect(throws: ZstdError.self) { try StreamDecompressor().read(Array("no such thing".utf8)) { _ in } }
    }
}

import Host
import Model

/// Whole lines of a file from a place on, bounded in bytes and number.
struct LineChunk {
    let bytes: [UInt8]
    let lines: [Range<Int>]
    /// Where the next line begins in the file.
    let end: Int

    static let bytesAtOnce = 1 << 20
    static let linesAtOnce = 4096

    /// Reads on from an offset; nil where no further line is whole. A line of more than `bytesAtOnce` is passed over: the
    /// chunk has no bytes then.
    static func read(_ path: String, from offset: Int) throws(SystemError) -> LineChunk? {
        guard let bytes = try DurableFile.read(path, from: offset, limit: bytesAtOnce), !bytes.isEmpty else {
            return nil
        }
        var lines: [Range<Int>] = []
        var start = 0
        bytes.span.forEachLineFeed { feed in
            lines.append(start..<feed)
            start = feed + 1
            return lines.count < linesAtOnce
        }
        guard !lines.isEmpty else {
            return bytes.count < bytesAtOnce ? nil : LineChunk(bytes: [], lines: [0..<0], end: offset + bytes.count)
        }
        return LineChunk(bytes: mended(bytes), lines: lines, end: offset + start)
    }

    /// Bytes that are no UTF-8 become `?`: what is damaged on disk breaks nobody's format, and lengths stay.
    private static func mended(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var start = 0
        while start < bytes.count {
            do throws(UTF8.ValidationError) {
                _ = try UTF8Span(validating: bytes.span.extracting(start..<bytes.count))
                return bytes
            } catch {
                let place = start + error.byteOffsets.lowerBound
                // A character that the end of the chunk cuts is in a line that is not taken.
                for index in place..<min(start + error.byteOffsets.upperBound, bytes.count) {
                    bytes[index] = UInt8(ascii: "?")
                }
                start = max(place + 1, start + error.byteOffsets.upperBound)
            }
        }
        return bytes
    }
}

extension Span<UInt8> {
    /// Hands over the place of each line feed until `body` is false.
    fileprivate func forEachLineFeed(_ body: (Int) -> Bool) {
        for index in indices where self[index] == UInt8(ascii: "\n") { if !body(index) { return } }
    }
}

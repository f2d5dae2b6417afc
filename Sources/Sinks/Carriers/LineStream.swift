import Model

/// Lines and runs of bytes of a stream, in protocols that have both.
struct LineStream {
    private static let longestLine = 64 << 10

    private var bytes: [UInt8] = []
    private var start = 0

    /// The next line, without its end.
    mutating func line(_ wire: Wire) async throws(SinkFault) -> String {
        var searched = start
        while true {
            if let feed = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                let end = feed > start && bytes[feed - 1] == UInt8(ascii: "\r") ? feed - 1 : feed
                defer { start = feed + 1 }
                return String(decoding: bytes[start..<end], as: UTF8.self)
            }
            guard bytes.count - start < Self.longestLine else {
                throw SinkFault(.later("it answers a line without end"))
            }
            try await more(wire)
            searched = start
        }
    }

    mutating func bytes(_ count: Int, _ wire: Wire) async throws(SinkFault) -> ArraySlice<UInt8> {
        while bytes.count - start < count { try await more(wire) }
        defer { start += count }
        return bytes[start..<(start + count)].prefix(max(count - 2, 0))
    }

    private mutating func more(_ wire: Wire) async throws(SinkFault) {
        bytes.removeFirst(start)
        start = 0
        bytes += try await wire.read()
    }
}

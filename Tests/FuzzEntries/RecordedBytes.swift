package import Foundation

/// Bytes recorded from the kernel, one field a line: the offset, the bytes, a comment.
///
/// The first line is the command that made them. Several datagrams of one exchange stand one after the other, each below
/// a line `datagram`.
package struct RecordedBytes {
    package let command: String
    package let datagrams: [[UInt8]]

    package static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "NetlinkTests/Fixtures")

    /// A line of a fixture that holds no bytes.
    package struct Unreadable: Error {
        package let line: String
    }

    /// Reads a fixture by its name.
    package init(_ name: String) throws {
        let text = try String(contentsOf: Self.folder.appending(path: "\(name).txt"), encoding: .utf8)
        let lines = text.split(separator: "\n")
        command = String(lines.first ?? "")
        var datagrams: [[UInt8]] = []
        for line in lines.dropFirst() {
            if line == "datagram" {
                datagrams.append([])
                continue
            }
            let words = line.prefix { $0 != ";" }.split(separator: " ").dropFirst()
            let bytes = words.compactMap { UInt8($0, radix: 16) }
            guard bytes.count == words.count, !datagrams.isEmpty else { throw Unreadable(line: String(line)) }
            datagrams[datagrams.count - 1] += bytes
        }
        self.datagrams = datagrams
    }

    /// The names of all fixtures.
    package static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
            .map { String($0.dropLast(4)) }.sorted()
    }
}

import Foundation
import Host

/// The statements of an archive: one JSON object a line, in a file that only grows.
package struct StatementLog: Sendable {
    static let name = "statements.jsonl"

    private let path: String

    package init(_ folder: ArchiveFolder) { path = "\(folder.path)/\(Self.name)" }

    /// All statements, and how many lines are none. A line that a crash cut off is no line.
    package func read() throws -> (statements: [Statement], badLines: Int) {
        guard let bytes = try DurableFile.read(path) else { return ([], 0) }
        var statements: [Statement] = []
        var badLines = 0
        let whole = bytes.lastIndex(of: UInt8(ascii: "\n")).map { bytes[...$0] } ?? []
        for line in whole.split(separator: UInt8(ascii: "\n")) {
            do {
                statements.append(try JSONDecoder().decode(Statement.self, from: Data(line)))
            } catch {
                badLines += 1
            }
        }
        return (statements, badLines)
    }

    /// Adds statements and waits until they are on the disk; who calls it has claimed the archive.
    package func append(_ statements: [Statement]) throws {
        guard !statements.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var bytes: [UInt8] = []
        let size = try DurableFile.size(path)
        if let last = try DurableFile.read(path, lastBytes: 1)?.last, last != UInt8(ascii: "\n") {
            // A crash cut the last line off: it was not yet told to anybody.
            let all = try DurableFile.read(path) ?? []
            let end = all.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
            try DurableFile.openForAppending(path).truncate(to: min(size, end))
        }
        for statement in statements { bytes += try encoder.encode(statement) + [UInt8(ascii: "\n")] }
        let file = try DurableFile.openForAppending(path)
        try file.writeAll(bytes)
        try file.synchronize()
        if size == 0 { try DurableFile.synchronizeFolder(of: path) }
    }
}

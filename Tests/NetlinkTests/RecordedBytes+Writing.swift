import Foundation
import FuzzEntries
import TestSupport
import Testing

extension RecordedBytes {
    /// Writes a fixture with a comment for each field.
    static func record(_ name: String, _ command: String, _ datagrams: [[UInt8]], _ kind: MessageKind) throws {
        var text = "# \(command)\n"
        for datagram in datagrams {
            text += "datagram\n"
            for line in AnnotatedBytes(datagram, kind).lines { text += line + "\n" }
        }
        try write(Array(text.utf8), to: folder.appending(path: "\(name).txt").path)
    }
}

/// Expects bytes to be a fixture's; otherwise both are shown side by side, with a mark where they differ.
func expect(
    _ made: [UInt8], equals wanted: [UInt8], _ kind: MessageKind, sourceLocation: SourceLocation = #_sourceLocation
) {
    guard made != wanted else { return }
    let left = AnnotatedBytes(wanted, kind).lines
    let right = AnnotatedBytes(made, kind).lines
    var text = "wanted".padding(toLength: 86, withPad: " ", startingAt: 0) + "| made\n"
    for index in 0..<max(left.count, right.count) {
        let (one, other) = (index < left.count ? left[index] : "", index < right.count ? right[index] : "")
        text += one.padding(toLength: 84, withPad: " ", startingAt: 0) + (one == other ? "  | " : "* | ") + other + "\n"
    }
    Issue.record(Comment(rawValue: "the bytes differ\n\(text)"), sourceLocation: sourceLocation)
}

import Host

/// A second name of a segment, under which a table's snapshot knows it from the instant on that it says: the segment's own may
/// then be taken away while readers of the snapshot go on.
struct SecondName: Hashable {
    private static let suffix = ".kept"

    /// The segment's own name.
    let name: String
    /// Seconds since 1970.
    let since: Int64

    var text: String { ".\(name).\(since)\(Self.suffix)" }

    static func isOne(_ path: String) -> Bool { path.hasSuffix(suffix) }

    /// Those among a folder's names, by the segment's own.
    static func all(_ names: [String]) -> [String: SecondName] {
        var found: [String: SecondName] = [:]
        for text in names where text.hasPrefix(".") && isOne(text) {
            let parts = text.dropFirst().dropLast(suffix.count)
            guard let dot = parts.lastIndex(of: "."), let since = Int64(parts[parts.index(after: dot)...]) else {
                continue
            }
            let name = String(parts[..<dot])
            found[name] = SecondName(name: name, since: since)
        }
        return found
    }

    /// Gives the segment the name.
    func give(in folder: String) throws(SystemError) {
        try DurableFile.link("\(folder)/\(name)", to: "\(folder)/\(text)")
        try DurableFile.synchronizeFolder(of: "\(folder)/\(name)")
    }
}

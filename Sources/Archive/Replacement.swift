import Host

/// Segments of one folder that one new segment takes the place of, so that every crash leaves either those or this one.
///
/// 1. The new segment is written whole, under a hidden name, and synced.
/// 2. The journal is written, which names it and the old ones. From here on the new one counts.
/// 3. The old ones are removed, the new one gets its name, the journal is removed.
///
/// Who reads through the archive knows the journal, and sees each record once at any moment. Who reads by glob misses the
/// records of this folder from the first removal to the new name, and sees none twice.
struct Replacement: Hashable {
    static let journalPrefix = ".replace-"

    let name: String
    let old: [String]

    static func hidden(_ name: String) -> String { ".\(name).new" }
    var journal: String { Self.journalPrefix + name }

    init(name: String, old: [String]) { (self.name, self.old) = (name, old) }

    /// Reads a journal.
    init?(journal: String, _ bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.last == "end" else { return nil }
        name = String(journal.dropFirst(Self.journalPrefix.count))
        old = Array(lines.dropLast())
    }

    /// Says that the new segment, which is written, counts from now on.
    func announce(in folder: String) throws(SystemError) {
        let text = (old + ["end", ""]).joined(separator: "\n")
        try DurableFile.replace("\(folder)/\(journal)", with: Array(text.utf8))
    }

    /// Does the rest; again after a crash.
    func complete(in folder: String) throws(SystemError) {
        for name in old { try DurableFile.remove("\(folder)/\(name)") }
        let hidden = "\(folder)/\(Self.hidden(name))"
        if DurableFile.exists(hidden) { try DurableFile.rename(hidden, to: "\(folder)/\(name)") }
        try DurableFile.synchronizeFolder(of: "\(folder)/\(name)")
        try DurableFile.remove("\(folder)/\(journal)")
        try DurableFile.synchronizeFolder(of: "\(folder)/\(name)")
    }
}

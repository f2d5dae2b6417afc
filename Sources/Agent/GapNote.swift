import Glibc
import Host

/// A note in the data folder that rules are about to be put in that were missing: an agent that is killed before it has said so
/// leaves it to its successor, which finds a table that is well.
///
/// Written without waiting for the disk, so that the rules need not wait either: a kill leaves the page cache, and after a loss of
/// power there is no table, which the successor sees.
struct GapNote {
    private let path: String

    init(_ folder: String) { path = folder + "/unguarded-since" }

    /// Since when rules were missing, as an agent before noted and did not come to say; nil where nothing is left to say.
    func left(else fallback: Int64) -> Int64? {
        guard DurableFile.exists(path) else { return nil }
        // A note that cannot be read is a note.
        let bytes = (try? DurableFile.read(path)) ?? []
        return Int64(String(decoding: bytes, as: UTF8.self)) ?? fallback
    }

    /// To be called before the rules are put in. Where it cannot be written, they are put in all the same.
    func write(since instant: Int64) {
        guard !DurableFile.exists(path) else { return }
        try? DurableFile.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC).writeAll(Array("\(instant)".utf8))
    }

    /// To be called when it is said, in the state as well.
    func remove() { try? DurableFile.remove(path) }
}

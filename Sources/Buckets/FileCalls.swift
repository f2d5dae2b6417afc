import Glibc
import Host

/// File calls of folder buckets; their errors keep the call, the path and errno.
enum FileCalls {
    static func run<Value>(_ body: () throws(SystemError) -> Value) throws(BucketError) -> Value {
        do { return try body() } catch { throw .system(error) }
    }

    static func isFolder(_ path: String) -> Bool { kind(path) == S_IFDIR }

    private static func kind(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    /// The folder that holds `path`.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Names in a folder, and the size of each that is a file; empty where there is no such folder.
    static func entries(of folder: String) throws(BucketError) -> [(name: String, fileSize: Int?)] {
        try run { () throws(SystemError) in
            var entries: [(name: String, fileSize: Int?)] = []
            for name in try DurableFile.list(folder) {
                var status = stat()
                // What is gone meanwhile is not there.
                guard lstat("\(folder)/\(name)", &status) == 0 else { continue }
                switch status.st_mode & S_IFMT {
                case S_IFREG: entries.append((name, Int(status.st_size)))
                case S_IFDIR: entries.append((name, nil))
                default: break
                }
            }
            return entries
        }
    }
}

/// Makes folders and remembers whose names are not on disk yet.
struct FolderMaker {
    private var changed: Set<String> = []
    private var known: Set<String> = []

    /// Makes a folder and those above it that are missing.
    mutating func make(_ path: String) throws(BucketError) {
        guard !known.contains(path), !FileCalls.isFolder(path) else {
            known.insert(path)
            return
        }
        let parent = FileCalls.folder(of: path)
        try make(parent)
        do throws(SystemError) {
            try check("mkdir", path) { mkdir(path, 0o750) }
        } catch  where error.code == EEXIST && FileCalls.isFolder(path) {
            // Somebody else made it in between.
        } catch {
            throw .system(error)
        }
        changed.insert(parent)
        known.insert(path)
    }

    /// Notes that a name in this folder has changed.
    mutating func touch(_ folder: String) { changed.insert(folder) }

    /// Brings every changed folder to disk.
    mutating func synchronize() throws(BucketError) {
        for folder in changed {
            try FileCalls.run { () throws(SystemError) in
                try DurableFile.open(folder, flags: O_RDONLY | O_DIRECTORY).synchronize()
            }
        }
        changed.removeAll()
    }
}

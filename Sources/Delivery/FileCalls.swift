import Glibc

/// An open file, closed when the value ends.
struct OpenFile: ~Copyable {
    let descriptor: Int32
    let path: String

    init(_ path: String, _ flags: Int32, mode: mode_t = 0o640) throws(BucketError) {
        self.descriptor = try FileCalls.retrying("open", path) { open(path, flags | O_CLOEXEC, mode) }
        self.path = path
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws(BucketError) {
        var pending = bytes
        while !pending.isEmpty {
            let written = try FileCalls.retrying("write", path) { Glibc.write(descriptor, pending, pending.count) }
            pending.removeFirst(written)
        }
    }

    func readAll() throws(BucketError) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = try FileCalls.retrying("read", path) { read(descriptor, &chunk, chunk.count) }
            if count == 0 { return content }
            content += chunk[..<count]
        }
    }

    /// Waits until the disk has what was written.
    func synchronize() throws(BucketError) {
        _ = try FileCalls.retrying("fsync", path) { fsync(descriptor) }
    }
}

/// File calls that keep errno, the call and the path.
enum FileCalls {
    /// Repeats a call that a signal interrupted.
    static func retrying<Result: SignedInteger>(
        _ call: String, _ path: String, _ body: () -> Result
    ) throws(BucketError) -> Result {
        while true {
            let result = body()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw .system(call: call, path: path, errno: code) }
        }
    }

    /// The whole content of a file; nil where there is none.
    static func content(of path: String) throws(BucketError) -> [UInt8]? {
        do {
            return try OpenFile(path, O_RDONLY).readAll()
        } catch BucketError.system(_, _, ENOENT) {
            return nil
        } catch {
            throw error
        }
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Makes a folder and those above it that are missing; each new name is on disk before this returns.
    static func makeFolder(_ path: String) throws(BucketError) {
        guard !isFolder(path) else { return }
        let parent = folder(of: path)
        try makeFolder(parent)
        do {
            _ = try retrying("mkdir", path) { mkdir(path, 0o750) }
        } catch BucketError.system(_, _, EEXIST) where isFolder(path) {
            // Somebody else made it in between.
        } catch {
            throw error
        }
        try synchronizeFolder(parent)
    }

    /// The folder that holds `path`.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func synchronizeFolder(_ path: String) throws(BucketError) {
        try OpenFile(path, O_RDONLY | O_DIRECTORY).synchronize()
    }

    /// Puts `bytes` under `path` in one step, by way of `temporary` on the same file system, and waits for the disk.
    static func place(_ bytes: [UInt8], at path: String, by temporary: String) throws(BucketError) {
        do {
            let file = try OpenFile(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
            try file.write(bytes)
            try file.synchronize()
            _ = try retrying("rename", path) { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronizeFolder(folder(of: path))
    }
}

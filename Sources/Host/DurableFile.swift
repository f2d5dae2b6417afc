import CHost
import Glibc

/// Files that are whole or absent after a crash at any instant.
package enum DurableFile {
    /// Replaces the file: writes beside it, syncs, renames, syncs the folder.
    package static func replace(_ path: String, with bytes: [UInt8], mode: UInt32 = 0o640) throws(SystemError) {
        let temporary = path + ".new"
        do {
            let file = try open(temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
            try file.writeAll(bytes)
            try file.synchronize()
        }
        try check("rename", path) { unsafe Glibc.rename(temporary, path) }
        try synchronizeFolder(of: path)
    }

    /// The file's bytes, or nil when there is none.
    package static func read(_ path: String) throws(SystemError) -> [UInt8]? { try read(path, from: 0) }

    /// The file's last bytes, at most so many; nil when there is no such file.
    package static func read(_ path: String, lastBytes: Int) throws(SystemError) -> [UInt8]? {
        try read(path, from: max(0, try size(path) - lastBytes))
    }

    /// The file's bytes from an offset on, at most `limit`; nil when there is no such file.
    package static func read(
        _ path: String, from offset: Int, limit: Int = .max
    ) throws(SystemError) -> [UInt8]? {
        let file: Descriptor
        do {
            file = try open(path, flags: O_RDONLY)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        try file.seek(to: offset)
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let chunk = try file.readSome(limit: min(1 << 20, limit - bytes.count))
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }

    /// The file's length in bytes; 0 when there is none.
    package static func size(_ path: String) throws(SystemError) -> Int {
        do {
            return try open(path, flags: O_RDONLY).size()
        } catch {
            if error.code == ENOENT { return 0 }
            throw error
        }
    }

    /// When the file was last written, in nanoseconds since 1970; nil where there is none.
    package static func modifiedAt(_ path: String) throws(SystemError) -> Int64? {
        var information = stat()
        do {
            try check("stat", path) { unsafe stat(path, &information) }
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
        return Int64(information.st_mtim.tv_sec) * 1_000_000_000 + Int64(information.st_mtim.tv_nsec)
    }

    package static func openForAppending(_ path: String) throws(SystemError) -> Descriptor {
        try open(path, flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    /// Opens a file for writing that is empty then.
    package static func create(_ path: String) throws(SystemError) -> Descriptor {
        try open(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
    }

    package static func openForReading(_ path: String) throws(SystemError) -> Descriptor {
        try open(path, flags: O_RDONLY)
    }

    package static func rename(_ path: String, to other: String) throws(SystemError) {
        try check("rename", path) { unsafe Glibc.rename(path, other) }
    }

    /// Gives a file a second name; it is no error when the name is there.
    package static func link(_ path: String, to other: String) throws(SystemError) {
        if unsafe Glibc.link(path, other) < 0, errno != EEXIST { throw SystemError("link", other, code: errno) }
    }

    /// Takes the file at `path` for this process alone, for as long as the value lives.
    package static func lock(_ path: String) throws(SystemError) -> FileLock {
        let file = try open(path, flags: O_RDWR | O_CREAT)
        try checkShim("flock", path, gh_lock(file.number))
        return FileLock(file)
    }

    /// Writes into a file that is there, such as a kernel switch.
    package static func overwrite(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        try open(path, flags: O_WRONLY).writeAll(bytes)
    }

    package static func open(_ path: String, flags: Int32, mode: UInt32 = 0o640) throws(SystemError) -> Descriptor {
        Descriptor(owning: try check("open", path) { unsafe Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// Makes the folder and those above it; it is no error when they are there.
    package static func makeFolder(_ path: String, mode: UInt32 = 0o750) throws(SystemError) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/" + part
            if unsafe mkdir(built, mode) < 0, errno != EEXIST { throw SystemError("mkdir", built, code: errno) }
        }
    }

    package static func synchronizeFolder(of path: String) throws(SystemError) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let folder = parts.dropLast().joined(separator: "/")
        try open(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder, flags: O_RDONLY | O_DIRECTORY)
            .synchronize()
    }

    /// Brings everything that was written to the folder's file system to disk: one wait for many files.
    package static func synchronizeFileSystem(of folder: String) throws(SystemError) {
        let file = try open(folder, flags: O_RDONLY | O_DIRECTORY)
        try checkShim("syncfs", folder, gh_sync_file_system(file.number))
    }

    package static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    package static func remove(_ path: String) throws(SystemError) {
        if unsafe unlink(path) < 0, errno != ENOENT { throw SystemError("unlink", path, code: errno) }
    }

    /// Names in the folder, sorted; empty when there is no such folder.
    package static func list(_ folder: String) throws(SystemError) -> [String] {
        guard let stream = unsafe opendir(folder) else {
            if errno == ENOENT { return [] }
            throw SystemError("opendir", folder, code: errno)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

extension Descriptor {
    package borrowing func size() throws(SystemError) -> Int {
        var information = stat()
        let number = number
        try check("fstat") { unsafe fstat(number, &information) }
        return Int(information.st_size)
    }

    /// Returns when the file's data is on the disk.
    package borrowing func synchronize() throws(SystemError) {
        let number = number
        try check("fsync") { fsync(number) }
    }

    /// Takes the room for so many bytes, so that writing them later cannot fail for want of it.
    package borrowing func allocate(_ length: Int) throws(SystemError) {
        let code = posix_fallocate(number, 0, length)
        guard code == 0 else { throw SystemError("posix_fallocate", code: code) }
    }

    package borrowing func truncate(to length: Int) throws(SystemError) {
        let number = number
        try check("ftruncate") { ftruncate(number, length) }
    }

    package borrowing func seek(to offset: Int) throws(SystemError) {
        let number = number
        try check("lseek") { lseek(number, offset, SEEK_SET) }
    }
}

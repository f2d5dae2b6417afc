import Glibc

/// A file that says which process works in a folder: locked for as long as the value lives, with the process's number in it.
package final class FolderClaim: Sendable {
    private let lock: FileLock

    /// Another process has it.
    package struct Taken: Error, Equatable {
        /// Its number; nil where the file does not say.
        package let pid: Int32?

        package init(pid: Int32?) { self.pid = pid }
    }

    /// Takes the file at `path` for this process alone, or throws `Taken` at once.
    package static func take(_ path: String) throws -> FolderClaim {
        let claim = FolderClaim(try lock(path))
        try claim.sign(path)
        return claim
    }

    private init(_ lock: consuming FileLock) { self.lock = lock }

    private static func lock(_ path: String) throws -> FileLock {
        do {
            return try DurableFile.lock(path)
        } catch {
            guard error.code == EWOULDBLOCK else { throw error }
            let text = String(decoding: try DurableFile.read(path) ?? [], as: UTF8.self)
            throw Taken(pid: Int32(text.prefix { $0 != "\n" }))
        }
    }

    private func sign(_ path: String) throws {
        let number = lock.file.number
        do {
            try check("ftruncate", path) { ftruncate(number, 0) }
            let text = "\(Machine.processID)\n"
            try check("write", path) { unsafe pwrite(number, text, text.utf8.count, 0) }
        } catch {
            // A full disk keeps nobody from working: the lock holds without the number.
            guard error.isNoRoom else { throw error }
        }
    }
}

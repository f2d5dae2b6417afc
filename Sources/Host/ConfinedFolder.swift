import CHost
import Glibc

/// A folder in which files are reached by their paths below it, and never through a symbolic link: whoever may write into it
/// leads nobody out of it.
///
/// openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS looks each path up; what is done with a name is done in the
/// folder that was opened so.
package struct ConfinedFolder: ~Copyable {
    private let root: Descriptor
    private let path: String

    /// Opens the folder at `path`, whose own path may lead through links.
    package init(_ path: String) throws(SystemError) {
        self.path = path
        root = try DurableFile.open(path, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Opens what lies at a path below; "" is the folder itself.
    package borrowing func open(
        _ below: String, flags: Int32, mode: UInt32 = 0o640
    ) throws(SystemError) -> Descriptor {
        let made = flags & O_CREAT != 0 ? mode : 0
        let number = unsafe gh_open_beneath(root.number, below.isEmpty ? "." : below, flags | O_CLOEXEC, made)
        return Descriptor(owning: try checkShim("openat2", "\(path)/\(below)", number))
    }

    /// The bytes of a file; nil where there is none, or a folder on its way is a file.
    package borrowing func read(_ below: String) throws(SystemError) -> [UInt8]? {
        let file: Descriptor
        do {
            // Without waiting: a pipe that somebody put there has no writer.
            file = try open(below, flags: O_RDONLY | O_NONBLOCK)
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            return nil
        }
        var bytes: [UInt8] = []
        while true {
            let chunk = try file.readSome(limit: 1 << 20)
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
    }

    /// Makes a folder below and those above it that are missing; `made` is told each folder that got a new name.
    package borrowing func makeFolder(
        _ below: String, mode: UInt32 = 0o750, _ made: (String) -> Void
    ) throws(SystemError) {
        var parent = ""
        for part in below.split(separator: "/") {
            let folder = try open(parent, flags: O_RDONLY | O_DIRECTORY)
            let number = folder.number
            if unsafe mkdirat(number, String(part), mode) == 0 {
                made(parent)
            } else if errno != EEXIST {
                throw SystemError("mkdir", "\(path)/\(parent)/\(part)", code: errno)
            }
            parent += (parent.isEmpty ? "" : "/") + part
        }
        // What is there under the name may be a file, or a link.
        _ = try open(below, flags: O_RDONLY | O_DIRECTORY)
    }

    /// Gives a file another place below, in place of what may be there.
    package borrowing func rename(_ below: String, to other: String) throws(SystemError) {
        let (from, to) = (Self.split(below), Self.split(other))
        let source = try open(from.folder, flags: O_RDONLY | O_DIRECTORY)
        let target = try open(to.folder, flags: O_RDONLY | O_DIRECTORY)
        let (one, two) = (source.number, target.number)
        try check("rename", "\(path)/\(other)") { unsafe renameat(one, from.name, two, to.name) }
    }

    /// Removes a file; it is no error when there is none.
    package borrowing func remove(_ below: String) throws(SystemError) {
        let place = Self.split(below)
        let folder: Descriptor
        do {
            folder = try open(place.folder, flags: O_RDONLY | O_DIRECTORY)
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw error }
            return
        }
        let number = folder.number
        if unsafe unlinkat(number, place.name, 0) < 0 {
            guard errno == ENOENT else { throw SystemError("unlink", "\(path)/\(below)", code: errno) }
            return
        }
        try folder.synchronize()
    }

    /// Names in a folder below, sorted, with the size of each that is a file and nil for a folder; what is neither is left
    /// out. Empty where there is no such folder.
    package borrowing func list(_ below: String) throws(SystemError) -> [(name: String, fileSize: Int?)] {
        let folder: Descriptor
        do {
            folder = try open(below, flags: O_RDONLY | O_DIRECTORY)
        } catch {
            guard error.code == ENOENT else { throw error }
            return []
        }
        let number = folder.number
        guard let stream = unsafe fdopendir(folder.release()) else {
            let code = errno
            close(number)
            throw SystemError("fdopendir", "\(path)/\(below)", code: code)
        }
        defer { unsafe closedir(stream) }
        var entries: [(name: String, fileSize: Int?)] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            var status = stat()
            // What is gone meanwhile is not there.
            guard name != ".", name != "..", unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: entries.append((name, Int(status.st_size)))
            case S_IFDIR: entries.append((name, nil))
            default: break
            }
        }
        return entries.sorted { $0.name < $1.name }
    }

    /// A path's folder, and its name there.
    private static func split(_ below: String) -> (folder: String, name: String) {
        guard let slash = below.lastIndex(of: "/") else { return ("", below) }
        return (String(below[..<slash]), String(below[below.index(after: slash)...]))
    }
}

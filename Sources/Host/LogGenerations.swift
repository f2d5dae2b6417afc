import Glibc

/// The files of a log that is set aside when it has grown: `PATH` and, the older the higher, `PATH.1`, `PATH.2` and so on.
///
/// A reader knows a file by its inode, which stays when it is set aside.
package struct LogGenerations: Sendable {
    package struct File: Hashable, Sendable {
        package let path: String
        package let inode: UInt64
    }

    private let path: String

    package init(_ path: String) { self.path = path }

    /// All that are there, oldest first, the one that is written last.
    package func files() throws(SystemError) -> [File] {
        let all = try numbers().sorted(by: >).map { "\(path).\($0)" } + [path]
        return all.compactMap { path in Self.inode(path).map { File(path: path, inode: $0) } }
    }

    /// Makes room for a new file at `PATH`: each file becomes a generation older, those beyond `keeping` go.
    package func setAside(keeping: Int) throws(SystemError) {
        for number in try numbers().sorted(by: >) {
            if number >= keeping {
                try DurableFile.remove("\(path).\(number)")
            } else {
                try DurableFile.rename("\(path).\(number)", to: "\(path).\(number + 1)")
            }
        }
        try DurableFile.rename(path, to: path + ".1")
    }

    /// What tells a file from others of its file system; nil when there is none.
    package static func inode(_ path: String) -> UInt64? {
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { return nil }
        return UInt64(information.st_ino)
    }

    private func numbers() throws(SystemError) -> [Int] {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let name = String(parts[parts.count - 1])
        let folder = parts.dropLast().joined(separator: "/")
        return try DurableFile.list(folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder).compactMap {
            $0.hasPrefix(name + ".") ? Int($0.dropFirst(name.count + 1)) : nil
        }
    }
}

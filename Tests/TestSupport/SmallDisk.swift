import Host

/// A file system of a few megabytes in memory, to be filled; root only.
package struct SmallDisk {
    package let path: String

    /// Mounts it at a folder, which is made.
    package init(at path: String, megabytes: Int) throws {
        self.path = path
        try DurableFile.makeFolder(path)
        try TestHost.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "gatehouse-test", path)
    }

    package func resize(megabytes: Int) throws {
        try TestHost.run("mount", "-o", "remount,size=\(megabytes)m", path)
    }

    /// Unmounts it, also where a process still works in it.
    package func remove() { _ = try? TestHost.run("umount", "-l", path, mayFail: true) }
}

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
}

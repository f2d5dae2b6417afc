import CHost
import Glibc

/// Network namespaces as iproute2 names them, under /run/netns.
package enum NetworkNamespace {
    static func open(_ name: String) throws(SystemError) -> Int32 { try open(path: "/run/netns/\(name)") }

    private static func open(path: String) throws(SystemError) -> Int32 {
        try check("open", path) { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
    }

    /// Runs `body` with this thread in the namespace: sockets opened there stay there.
    package static func within<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        try within(path: "/run/netns/\(name)", body)
    }

    /// The same of a namespace that a file stands for, such as `/proc/PID/ns/net`.
    package static func within<Result>(path: String, _ body: () throws -> Result) throws -> Result {
        let target = Descriptor(owning: try open(path: path))
        let home = Descriptor(
            owning: try check("open") { unsafe Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC) })
        try checkShim("setns", path, gh_enter_network(target.number))
        defer { _ = gh_enter_network(home.number) }
        return try body()
    }
}

extension NetworkNamespace {
    /// Which namespace a file stands for, or this thread's own where none is named: two that are equal are one.
    package static func identity(path: String = "/proc/thread-self/ns/net") throws(SystemError) -> NamespaceIdentity {
        var information = stat()
        try check("stat", path) { unsafe stat(path, &information) }
        return NamespaceIdentity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
    }
}

/// What tells one namespace from all others that there are at present.
package struct NamespaceIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

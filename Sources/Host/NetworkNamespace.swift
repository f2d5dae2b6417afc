import CHost
import Glibc

/// Network namespaces as iproute2 names them, under /run/netns.
package enum NetworkNamespace {
    static func open(_ name: String) throws(SystemError) -> Int32 {
        let path = "/run/netns/\(name)"
        return try check("open", path) { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC) }
    }

    /// Runs `body` with this thread in the namespace: sockets opened there stay there.
    package static func within<Result>(_ name: String, _ body: () throws -> Result) throws -> Result {
        let target = Descriptor(owning: try open(name))
        let home = Descriptor(
            owning: try check("open") { unsafe Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC) })
        try checkShim("setns", name, gh_enter_network(target.number))
        defer { _ = gh_enter_network(home.number) }
        return try body()
    }
}

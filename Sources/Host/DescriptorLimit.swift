import Glibc

/// How many files and sockets the process may have open.
package enum DescriptorLimit {
    /// As many as it may at present; an unlimited process is told a million.
    package static var current: Int { Int(clamping: min(read().rlim_cur, 1 << 20)) }

    /// Takes as many as the process may have at most: the customary 1,024 are for programs that use `select`.
    package static func raise() {
        var limit = read()
        limit.rlim_cur = limit.rlim_max
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func read() -> rlimit {
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }
}

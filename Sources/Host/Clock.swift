import CHost
import Glibc

/// The system's clocks, in nanoseconds.
package enum SystemClock {
    /// Nanoseconds since 1970 in UTC; steps when the clock is set.
    package static var realtime: Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds since boot; never steps.
    package static var monotonic: Int64 { read(CLOCK_MONOTONIC) }

    /// Processor time of the calling thread.
    package static var threadTime: Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// Whether somebody, as a time server's client, says that the clock is right.
    package static var isSynchronized: Bool {
        gh_clock_is_synchronized() == 1
    }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}

/// Facts of this machine.
package enum Machine {
    package static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        return unsafe gethostname(&buffer, 255) == 0
            ? String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "localhost"
    }

    /// Changes at every boot; the kernel's tables do not outlive it.
    package static var bootID: String {
        let bytes = (try? DurableFile.read("/proc/sys/kernel/random/boot_id")) ?? nil
        return String(decoding: bytes ?? [], as: UTF8.self).filter { !$0.isWhitespace }
    }

    package static func userName(_ id: UInt32) -> String {
        guard let entry = unsafe getpwuid(id) else { return "uid \(id)" }
        return unsafe String(cString: entry.pointee.pw_name)
    }

    package static var userID: UInt32 { getuid() }
    package static var processID: Int32 { getpid() }
}

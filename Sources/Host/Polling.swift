import CHost
import Glibc

/// Waiting on several descriptors at once.
package enum Polling {
    /// Waits until one of the descriptors can be read, or the time is over.
    ///
    /// - Returns: for each descriptor whether it has something to read.
    package static func wait(_ numbers: [Int32], timeoutNanoseconds: Int64) throws(SystemError) -> [Bool] {
        var entries = numbers.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        // Rounded up, so that a wait for less than a millisecond is no busy loop.
        let milliseconds = Int32(clamping: (max(0, timeoutNanoseconds) + 999_999) / 1_000_000)
        let result = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
        if result < 0, errno != EINTR { throw SystemError("poll", code: errno) }
        return entries.map { result > 0 && $0.revents != 0 }
    }
}

/// Signals turned into something to wait on.
package final class SignalDescriptor: Sendable {
    package let number: Int32

    package static let hangUp = SIGHUP
    /// Ctrl-C, and the polite request to end.
    package static let endings = [SIGINT, SIGTERM]

    /// Blocks the signals for this thread and those started from it, and reports them here instead.
    ///
    /// Who waits for its end like this also outlives those that it writes to: a peer that is gone is an error of the write
    /// (EPIPE), not the end of the process. Programs that it starts have SIGPIPE as ever.
    package init(_ signals: [Int32]) throws(SystemError) {
        _ = signal(SIGPIPE, SIG_IGN)
        number = try checkShim("signalfd", "", unsafe gh_signal_descriptor(signals, signals.count))
    }

    deinit { close(number) }

    /// The next signal that came, if any.
    package func next() -> Int32? {
        let signal = gh_next_signal(number)
        return signal == 0 ? nil : signal
    }
}

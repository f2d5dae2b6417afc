import Glibc

/// Two ends of a pipe, for one thread to wake another: closing the writing end can be waited for at the other.
package enum Pipe {
    package static func make() throws(SystemError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        try check("pipe") { unsafe pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

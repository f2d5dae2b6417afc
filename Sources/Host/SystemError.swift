import Glibc

/// A system call that failed: which, on what, and the kernel's reason.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let subject: String
    package let code: Int32

    package init(_ call: String, _ subject: String = "", code: Int32) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    /// The kernel's words: `Connection refused`.
    package var reason: String { unsafe String(cString: strerror(code)) }

    package var description: String {
        subject.isEmpty ? "\(call): \(reason)" : "\(call) \(subject): \(reason)"
    }
}

/// Runs a system call that returns -1 and sets errno, again after EINTR.
///
/// - Returns: what the call returned, never negative.
@discardableResult
package func check<Result: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String = "", _ body: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = body()
        if result >= 0 { return result }
        let code = errno
        if code != EINTR { throw SystemError(call, subject(), code: code) }
    }
}

/// Turns the -errno of the C shim into an error.
@discardableResult
func checkShim<Result: SignedInteger>(_ call: String, _ subject: String = "", _ result: Result) throws(SystemError)
    -> Result
{
    guard result < 0 else { return result }
    throw SystemError(call, subject, code: Int32(-result))
}

extension SystemError {
    /// ENOBUFS: the kernel had no room to keep a message for us.
    package static let noBufferSpace = ENOBUFS
    package static let noSuchFile = ENOENT
}

extension SystemError {
    package static let badDescriptor = EBADF
}

extension SystemError {
    package static let timedOut = ETIMEDOUT
    package static let tryAgain = EAGAIN
    package static let refused = ECONNREFUSED
}

extension SystemError {
    /// Whether a socket's other side does not exist, or went away.
    package var isNobodyThere: Bool { [ENOENT, ECONNREFUSED, ECONNRESET, EPIPE].contains(code) }
}

extension SystemError {
    /// Whether there is no folder of that name, or a file in its place.
    package var isNoFolder: Bool { [ENOENT, ENOTDIR].contains(code) }
}

extension SystemError {
    /// Whether the disk is full, or this user's share of it.
    package var isNoRoom: Bool { [ENOSPC, EDQUOT].contains(code) }
}

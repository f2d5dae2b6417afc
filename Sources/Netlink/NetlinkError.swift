import Glibc
package import Host

/// What the kernel answered to a request, or why a datagram could not be read.
package enum NetlinkError: Error, Equatable, CustomStringConvertible {
    /// The kernel refused the request.
    case refused(request: String, code: Int32)
    /// A dump was cut off because the table changed meanwhile; ask again.
    case interrupted(request: String)
    /// The answer cannot be read: it is cut off, or not what such a request is answered with.
    case malformed(request: String)
    case system(SystemError)

    package var description: String {
        switch self {
        case .refused(let request, let code): unsafe "\(request): \(String(cString: strerror(code)))"
        case .interrupted(let request): "\(request): the table changed during the dump"
        case .malformed(let request): "\(request): the kernel's answer cannot be read"
        case .system(let error): error.description
        }
    }
}

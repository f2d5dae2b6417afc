import CHost
import Glibc

/// A local request–answer socket: one message each way, each a length in four bytes (big endian) and that many bytes.
package final class ControlSocket {
    /// The greatest message, in bytes.
    package static let limit = 256 << 20

    private let listener: Descriptor
    private let path: String

    package init(path: String) throws(SystemError) {
        self.path = path
        try DurableFile.remove(path)
        listener = Descriptor(owning: try Self.stream())
        try checkShim("bind", path, unsafe gh_unix_address(listener.number, path, 0))
        unsafe chmod(path, 0o660)
        let number = listener.number
        try check("listen", path) { listen(number, 16) }
    }

    deinit { unsafe unlink(path) }

    package var number: Int32 { listener.number }

    /// Takes one request, if one waits, and answers it with what `body` makes of it and of the caller's user id.
    package func serve(_ body: (_ request: [UInt8], _ user: UInt32) -> [UInt8]) throws(SystemError) {
        let number = listener.number
        let peer = Descriptor(owning: try checkShim("accept", path, gh_accept(number)))
        try Self.limitPatience(peer.number, seconds: 5)
        var user: UInt32 = 0
        try checkShim("getsockopt", path, unsafe gh_peer_user(peer.number, &user))
        let request = try Self.read(peer)
        try Self.write(body(request, user), to: peer)
    }

    /// Sends one request to the socket at `path` and returns its answer.
    package static func ask(_ path: String, _ request: [UInt8], patienceSeconds: Int = 60) throws(SystemError)
        -> [UInt8]
    {
        let socket = Descriptor(owning: try stream())
        try checkShim("connect", path, unsafe gh_unix_address(socket.number, path, 1))
        try limitPatience(socket.number, seconds: patienceSeconds)
        try write(request, to: socket)
        return try read(socket)
    }

    private static func stream() throws(SystemError) -> Int32 {
        try check("socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }
    }

    private static func limitPatience(_ number: Int32, seconds: Int) throws(SystemError) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            try check("setsockopt") {
                unsafe setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
        }
    }

    private static func write(_ bytes: [UInt8], to peer: borrowing Descriptor) throws(SystemError) {
        let length = UInt32(bytes.count)
        let head = (0..<4).map { (index: Int) -> UInt8 in UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * index)) }
        try peer.writeAll(head + bytes)
    }

    private static func read(_ peer: borrowing Descriptor) throws(SystemError) -> [UInt8] {
        let head = try readExactly(4, from: peer)
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { throw SystemError("read", "message of \(length) bytes", code: EMSGSIZE) }
        return try readExactly(length, from: peer)
    }

    private static func readExactly(_ count: Int, from peer: borrowing Descriptor) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            let chunk = try peer.readSome(limit: min(count - bytes.count, 1 << 20))
            guard !chunk.isEmpty else { throw SystemError("read", "control message", code: ECONNRESET) }
            bytes += chunk
        }
        return bytes
    }
}

import CHost
import Glibc

/// A message of the control socket as bytes, and the client's way of sending and taking one.
enum ControlMessageBytes {
    /// What stands before a message of so many bytes.
    static func head(_ length: Int) -> [UInt8] {
        (0..<4).map { (index: Int) -> UInt8 in UInt8(truncatingIfNeeded: length >> (24 - 8 * index)) }
    }

    static func stream(nonBlocking: Bool = false) throws(SystemError) -> Int32 {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | (nonBlocking ? Int32(SOCK_NONBLOCK.rawValue) : 0)
        return try check("socket") { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | flags, 0) }
    }
}

extension ControlSocket {
    /// Sends one request to the socket at `path` and returns its answer.
    package static func ask(_ path: String, _ request: [UInt8], patienceSeconds: Int = 60) throws(SystemError)
        -> [UInt8]
    {
        let socket = Descriptor(owning: try ControlMessageBytes.stream())
        try checkShim("connect", path, unsafe gh_unix_address(socket.number, path, 1))
        try limitPatience(socket.number, seconds: patienceSeconds)
        try send(ControlMessageBytes.head(request.count) + request, to: socket)
        let length = try readExactly(4, from: socket).reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { throw SystemError("read", "message of \(length) bytes", code: EMSGSIZE) }
        return try readExactly(length, from: socket)
    }

    private static func limitPatience(_ number: Int32, seconds: Int) throws(SystemError) {
        var limit = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            try check("setsockopt") {
                unsafe setsockopt(number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
        }
    }

    /// An agent that ends meanwhile is an error, not a signal.
    private static func send(_ bytes: [UInt8], to socket: borrowing Descriptor) throws(SystemError) {
        var done = 0
        let number = socket.number
        while done < bytes.count {
            done += try check("send", "control message") {
                unsafe bytes.withUnsafeBytes {
                    unsafe Glibc.send(
                        number, $0.baseAddress.map { unsafe $0 + done }, $0.count - done, Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    private static func readExactly(_ count: Int, from peer: borrowing Descriptor) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let chunk = try peer.readSome(limit: min(count - bytes.count, 1 << 20))
            guard !chunk.isEmpty else { throw SystemError("read", "control message", code: ECONNRESET) }
            bytes += chunk
        }
        return bytes
    }
}

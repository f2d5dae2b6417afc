import Glibc
import Host

/// A TCP connection that sends whatever bytes it is given: what a stranger may do with a port.
///
/// SAFETY: the descriptor never changes, and the kernel orders the calls on it.
package final class RawCaller: @unchecked Sendable {
    private let number: Int32

    /// * `source`: the address on loopback that it comes from.
    package init(port: UInt16, source: String = "127.0.0.1") throws {
        number = try check("socket") { socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0) }
        var own = Self.address(source, 0)
        var peer = Self.address("127.0.0.1", port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let number = number
        try withUnsafePointer(to: &own) { pointer in
            _ = try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                try check("bind", source) { bind(number, address, size) }
            }
        }
        try withUnsafePointer(to: &peer) { pointer in
            _ = try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                try check("connect", "\(port)") { connect(number, address, size) }
            }
        }
    }

    deinit { close(number) }

    private static func address(_ text: String, _ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        inet_pton(AF_INET, text, &address.sin_addr)
        return address
    }

    /// Sends bytes; false when the other end took them no more, or not within ten seconds.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// What comes until the other end closes, or until nothing has come for so many seconds.
    package func answer(seconds: Int) -> (text: String, isClosed: Bool) {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(number, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = buffer.withUnsafeMutableBytes { recv(number, $0.baseAddress, $0.count, 0) }
            guard count > 0 else {
                return (String(decoding: bytes, as: UTF8.self), count == 0 || errno == ECONNRESET)
            }
            bytes += buffer[..<count]
        }
    }

    /// Whether the other end has closed by now.
    package var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(number, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN)
    }
}

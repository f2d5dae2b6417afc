import Glibc
import Host

/// The datagrams that wait at a multicast socket, without waiting for more.
struct WaitingDatagrams {
    private let number: Int32
    /// What the socket is called in errors.
    private let name: String
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    init(_ number: Int32, _ name: String) {
        self.number = number
        self.name = name
    }

    /// Hands over each; nil for what the kernel had no room for, or what is longer than any datagram that we read.
    mutating func forEach(_ each: (ByteView?) -> Void) throws(SystemError) {
        while true {
            let number = number
            // With MSG_TRUNC the length is the datagram's, also where it is longer than the buffer.
            let length = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC))
            }
            if length < 0 {
                switch errno {
                case EINTR: continue
                case EAGAIN: return
                case ENOBUFS:
                    each(nil)
                    continue
                default: throw SystemError("recv", name, code: errno)
                }
            }
            guard length <= buffer.count else {
                each(nil)
                continue
            }
            ByteView.with(buffer) { each($0.slice(0, length)) }
        }
    }
}

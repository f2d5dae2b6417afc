import CHost
import Glibc

/// A client's end of a stream socket in the file system.
package enum LocalStream {
    /// Connects to the socket at `path`. A peer that goes away is an error of the write, not a signal, for who has SIGPIPE
    /// ignored (`SignalDescriptor`).
    package static func connect(_ path: String) throws(SystemError) -> Descriptor {
        let socket = Descriptor(owning: try ControlMessageBytes.stream())
        try checkShim("connect", path, unsafe gh_unix_address(socket.number, path, 1))
        return socket
    }
}

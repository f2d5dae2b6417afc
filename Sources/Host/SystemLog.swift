import CHost
import Glibc

/// The system's log, by its datagram socket (RFC 3164 over /dev/log): syslog or journald, whichever listens.
///
/// Never waits: a line that the socket does not take at once is counted.
package final class SystemLog {
    /// Facility local0, severity informational: 16 × 8 + 6.
    private static let priority = Array("<134>".utf8)

    private let path: String
    private var socketNumber: Descriptor?
    /// Lines that nobody took.
    package private(set) var missed: UInt64 = 0

    /// The log at a path; nil where nobody listens.
    package init?(path: String = "/dev/log") {
        self.path = path
        guard let opened = Self.open(path) else { return nil }
        socketNumber = consume opened
    }

    private static func open(_ path: String) -> Descriptor? {
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        guard let number = try? check("socket", path, { socket(AF_UNIX, type, 0) }) else { return nil }
        let descriptor = Descriptor(owning: number)
        guard (try? checkShim("connect", path, unsafe gh_unix_address(number, path, 1))) != nil else { return nil }
        return descriptor
    }

    /// Sends each line; a line begins with its time as RFC 3164 writes it.
    package func send(lines: some Collection<UInt8>, tag: String) {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            // The time has fifteen characters and a space: the program's name comes after it.
            let message = Self.priority + line.prefix(16) + Array("\(tag): ".utf8) + line.dropFirst(16)
            if !send(message) {
                // Who listened may have begun anew.
                socketNumber = Self.open(path)
                if !send(message) { missed += 1 }
            }
        }
    }

    private func send(_ message: [UInt8]) -> Bool {
        guard let number = socketNumber?.number else { return false }
        return unsafe message.withUnsafeBytes {
            unsafe Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
            == message.count
    }
}

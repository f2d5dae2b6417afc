import CHost
import Glibc

/// Descriptors that outlive the process, kept by whoever supervises it.
///
/// The protocol is systemd's (sd_notify(3) FDSTORE, sd_listen_fds(3)): the service sends each descriptor as a datagram
/// `FDSTORE=1` `FDNAME=…` to the socket named by NOTIFY_SOCKET, and gets all of them back as 3, 4, … with
/// LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID when it is started again. `gatehouse up` speaks the keeper's side.
package struct DescriptorStore: Sendable {
    private let path: String?

    /// The store that the environment names, if any.
    package init(environment: [String: String] = ChildProcess.inheritedEnvironment()) {
        self.path = environment["NOTIFY_SOCKET"]
    }

    package var isAvailable: Bool { path != nil }

    /// Hands a copy of the descriptor to the supervisor, and with it the word that it may be asked for again.
    package func keep(_ number: Int32, named name: String) throws(SystemError) {
        try send("FDSTORE=1\nFDNAME=\(name)", descriptors: [number])
    }

    /// Tells the supervisor something of sd_notify(3): `READY=1`, `STATUS=…`.
    package func tell(_ text: String) throws(SystemError) {
        try send(text, descriptors: [])
    }

    private func send(_ text: String, descriptors: [Int32]) throws(SystemError) {
        guard let path else { return }
        let socket = Descriptor(
            owning: try check("socket") {
                Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            })
        try checkShim("connect", path, unsafe gh_unix_address(socket.number, path, 1))
        let bytes = Array(text.utf8)
        try checkShim(
            "sendmsg", path,
            unsafe gh_send_descriptors(socket.number, bytes, bytes.count, descriptors, descriptors.count))
    }

    /// The descriptors that the supervisor kept, by name, when this process was started with some.
    package static func inherited(
        environment: [String: String] = ChildProcess.inheritedEnvironment()
    ) -> [String: Int32] {
        guard let count = environment["LISTEN_FDS"].flatMap(Int32.init), count > 0,
            let names = environment["LISTEN_FDNAMES"]?.split(separator: ":")
        else { return [:] }
        var found: [String: Int32] = [:]
        for (number, name) in zip(3..<(3 + count), names) {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            found[String(name)] = number
        }
        return found
    }
}

/// The keeper's side of the protocol: takes descriptors and holds them for the next start.
package final class DescriptorKeeper {
    private let socket: Int32
    package let path: String
    package private(set) var kept: [(name: String, number: Int32)] = []

    /// Listens at `path`; what was there before is removed.
    package init(path: String) throws(SystemError) {
        self.path = path
        try DurableFile.remove(path)
        self.socket = try check("socket") {
            Glibc.socket(
                AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        }
        try checkShim("bind", path, unsafe gh_unix_address(socket, path, 0))
        unsafe chmod(path, 0o600)
    }

    deinit {
        close(socket)
        for entry in kept { close(entry.number) }
        unsafe unlink(path)
    }

    package var number: Int32 { socket }

    /// Takes every message that waits.
    ///
    /// - Returns: what was told, such as `READY=1`, a line each.
    package func receive() throws(SystemError) -> [String] {
        var told: [String] = []
        while true {
            var bytes = [UInt8](repeating: 0, count: 4096)
            var descriptors = [Int32](repeating: -1, count: 16)
            var count = descriptors.count
            let length = unsafe gh_receive_descriptors(socket, &bytes, bytes.count, &descriptors, &count)
            if length == -Int(EAGAIN) { return told }
            try checkShim("recvmsg", path, length)
            let lines = String(decoding: bytes[..<length], as: UTF8.self).split(separator: "\n").map(String.init)
            let name = lines.first { $0.hasPrefix("FDNAME=") }.map { String($0.dropFirst(7)) } ?? "stored"
            for number in descriptors[..<count] { keep(number, named: name) }
            told += lines.filter { !$0.hasPrefix("FD") }
        }
    }

    /// Closes everything that is kept.
    package func forget() {
        for entry in kept { close(entry.number) }
        kept = []
    }

    private func keep(_ number: Int32, named name: String) {
        if let index = kept.firstIndex(where: { $0.name == name }) {
            close(kept[index].number)
            kept.remove(at: index)
        }
        kept.append((name, number))
    }
}

import CHost
import Glibc

/// A local request–answer socket: one message each way, each a length in four bytes (big endian) and that many bytes.
///
/// It never makes its loop wait: what a client sends and takes is worked off as it comes, by a number of connections at a
/// time that is bounded, each within a span of time that is bounded. A client that stands still costs its own connection.
package final class ControlSocket {
    /// The greatest message, in bytes. A connection has no more memory than its client has sent.
    package static let limit = 256 << 20
    /// Connections at a time; a further one takes the place of the oldest that has not asked yet.
    package static let connections = 32
    /// How long a client may take to ask, and then to take its answer.
    package static let patienceNanoseconds: Int64 = 5_000_000_000
    private static let readBytes = 1 << 18

    /// A client on its way from its first byte to its answer's last.
    private final class Connection {
        let peer: Int32
        let user: UInt32
        var request: [UInt8] = []
        /// What is left to be sent, from `sent` on; nil before the request is whole.
        var answer: [UInt8]?
        var sent = 0
        var deadline: Int64

        init(_ peer: Int32, user: UInt32, deadline: Int64) {
            self.peer = peer
            self.user = user
            self.deadline = deadline
        }

        deinit { close(peer) }

        /// The length that the message says it has; nil while its head is not there.
        var length: Int? {
            guard request.count >= 4 else { return nil }
            return request[..<4].reduce(0) { $0 << 8 | Int($1) }
        }
    }

    private let listener: Descriptor
    /// An epoll instance: it can be read when something is to be done.
    private let ready: Descriptor
    private let path: String
    private var open: [Int32: Connection] = [:]
    private let patience: Int64

    /// Listens at `path`; what was there before is removed, so the caller must hold the folder.
    package init(path: String, patienceNanoseconds: Int64 = ControlSocket.patienceNanoseconds) throws(SystemError) {
        self.path = path
        patience = patienceNanoseconds
        try DurableFile.remove(path)
        listener = Descriptor(owning: try ControlMessageBytes.stream(nonBlocking: true))
        ready = Descriptor(owning: try checkShim("epoll_create1", path, gh_watch_open()))
        try checkShim("bind", path, unsafe gh_unix_address(listener.number, path, 0))
        unsafe chmod(path, 0o660)
        let number = listener.number
        try check("listen", path) { listen(number, 16) }
        try watch(number)
    }

    deinit { unsafe unlink(path) }

    /// Can be read when `serve` has something to do.
    package var number: Int32 { ready.number }
    /// Clients that are on their way.
    package var openConnections: Int { open.count }

    /// Does what can be done at once: takes clients, reads requests, answers them with what `body` makes of a request and of
    /// the caller's user id. To be called now and then also when nothing is ready: it ends who takes too long.
    package func serve(_ body: (_ request: [UInt8], _ user: UInt32) -> [UInt8]) throws(SystemError) {
        for number in try readyNumbers() {
            if number == listener.number { try takeClients() } else { proceed(number, body) }
        }
        let now = SystemClock.monotonic
        for (number, connection) in open where connection.deadline <= now { open[number] = nil }
    }

    private func readyNumbers() throws(SystemError) -> [Int32] {
        var numbers = [Int32](repeating: -1, count: Self.connections + 1)
        let found = try checkShim(
            "epoll_wait", path, unsafe gh_watch_ready(ready.number, &numbers, Int32(numbers.count)))
        return Array(numbers[..<Int(found)])
    }

    private func watch(_ number: Int32, writes: Bool = false) throws(SystemError) {
        try checkShim("epoll_ctl", path, gh_watch(ready.number, number, writes ? 1 : 0))
    }

    private func takeClients() throws(SystemError) {
        while true {
            let peer = gh_accept(listener.number)
            if peer == -EAGAIN || peer == -ECONNABORTED { return }
            try checkShim("accept", path, peer)
            var user: UInt32 = 0
            let flags = fcntl(peer, F_GETFL)
            guard unsafe gh_peer_user(peer, &user) == 0, fcntl(peer, F_SETFL, flags | O_NONBLOCK) == 0 else {
                close(peer)
                continue
            }
            makeRoom()
            open[peer] = Connection(peer, user: user, deadline: SystemClock.monotonic + patience)
            try watch(peer)
        }
    }

    /// Ends the connection that has waited longest, when there are too many.
    private func makeRoom() {
        guard open.count >= Self.connections else { return }
        let oldest = open.min { one, other in
            (one.value.answer == nil ? 0 : 1, one.value.deadline) < (
                other.value.answer == nil ? 0 : 1, other.value.deadline
            )
        }
        if let oldest { open[oldest.key] = nil }
    }

    /// Goes on with a connection; one that fails, or is done, is closed.
    private func proceed(_ number: Int32, _ body: (_ request: [UInt8], _ user: UInt32) -> [UInt8]) {
        guard let connection = open[number] else { return }
        if connection.answer == nil {
            guard readRequest(connection) else {
                open[number] = nil
                return
            }
            guard let length = connection.length, connection.request.count == length + 4 else { return }
            let answer = body(Array(connection.request[4...]), connection.user)
            connection.request = []
            connection.answer = ControlMessageBytes.head(answer.count) + answer
            connection.deadline = SystemClock.monotonic + patience
        }
        guard send(connection) else {
            open[number] = nil
            return
        }
        do { try watch(number, writes: true) } catch { open[number] = nil }
    }

    /// Reads what is there; false where the client is gone, or says more than it may.
    private func readRequest(_ connection: Connection) -> Bool {
        while true {
            let missing = connection.length.map { $0 + 4 - connection.request.count } ?? 4 - connection.request.count
            if let length = connection.length, length > Self.limit { return false }
            if missing == 0 { return true }
            var part = [UInt8](repeating: 0, count: min(missing, Self.readBytes))
            let count = unsafe part.withUnsafeMutableBytes { unsafe read(connection.peer, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return true }
            guard count > 0 else { return false }
            connection.request += part[..<count]
        }
    }

    /// Sends what the client takes; false when all is sent, or nobody takes it.
    private func send(_ connection: Connection) -> Bool {
        guard let answer = connection.answer else { return false }
        while connection.sent < answer.count {
            let count = unsafe answer.withUnsafeBytes {
                unsafe Glibc.send(
                    connection.peer, $0.baseAddress.map { unsafe $0 + connection.sent }, $0.count - connection.sent,
                    Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return true }
            guard count > 0 else { return false }
            connection.sent += count
        }
        return false
    }
}

import CHost
import Glibc

/// Serves clients of a listening stream socket, one request and one answer each, without ever making its loop wait.
///
/// What a client sends and takes is worked off as it comes, by a number of connections at a time that is bounded, each
/// within a span of time that is bounded. A client that stands still costs its own connection.
final class SmallServer {
    struct Limits {
        /// Connections at a time; a further one takes the place of the oldest that has not asked yet.
        var connections = 32
        /// How long a client may take to ask, and then to take its answer.
        var patienceNanoseconds: Int64 = 5_000_000_000
    }

    /// How far a request has come.
    enum Progress {
        /// So many bytes more may be read before this is asked again.
        case partial(Int)
        case whole
        /// It is none, or longer than it may be.
        case refused
    }

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
    }

    private let listener: Descriptor
    /// An epoll instance: it can be read when something is to be done.
    private let ready: Descriptor
    private let name: String
    private let limits: Limits
    private let progress: ([UInt8]) -> Progress
    private var open: [Int32: Connection] = [:]

    /// * `listener`: listens, and does not wait.
    /// * `name`: what errors call it.
    /// * `progress`: how far the bytes of a request have come.
    init(
        _ listener: consuming Descriptor, name: String, limits: Limits, progress: @escaping ([UInt8]) -> Progress
    ) throws(SystemError) {
        self.name = name
        self.limits = limits
        self.progress = progress
        self.listener = listener
        ready = Descriptor(owning: try checkShim("epoll_create1", name, gh_watch_open()))
        try watch(self.listener.number)
    }

    /// Can be read when `serve` has something to do.
    var number: Int32 { ready.number }
    var openConnections: Int { open.count }

    /// Does what can be done at once. To be called now and then also when nothing is ready: it ends who takes too long.
    func serve(_ body: (_ request: [UInt8], _ user: UInt32) -> [UInt8]) throws(SystemError) {
        for number in try readyNumbers() {
            if number == listener.number { try takeClients() } else { proceed(number, body) }
        }
        let now = SystemClock.monotonic
        for (number, connection) in open where connection.deadline <= now { open[number] = nil }
    }

    private func readyNumbers() throws(SystemError) -> [Int32] {
        var numbers = [Int32](repeating: -1, count: limits.connections + 1)
        let found = try checkShim(
            "epoll_wait", name, unsafe gh_watch_ready(ready.number, &numbers, Int32(numbers.count)))
        return Array(numbers[..<Int(found)])
    }

    private func watch(_ number: Int32, writes: Bool = false) throws(SystemError) {
        try checkShim("epoll_ctl", name, gh_watch(ready.number, number, writes ? 1 : 0))
    }

    private func takeClients() throws(SystemError) {
        while true {
            let peer = gh_accept(listener.number)
            if peer == -EAGAIN || peer == -ECONNABORTED { return }
            try checkShim("accept", name, peer)
            var user = UInt32.max
            let flags = fcntl(peer, F_GETFL)
            // Of a TCP peer it is not known.
            _ = unsafe gh_peer_user(peer, &user)
            guard fcntl(peer, F_SETFL, flags | O_NONBLOCK) == 0 else {
                close(peer)
                continue
            }
            makeRoom()
            open[peer] = Connection(peer, user: user, deadline: SystemClock.monotonic + limits.patienceNanoseconds)
            try watch(peer)
        }
    }

    /// Ends the connection that has waited longest, when there are too many.
    private func makeRoom() {
        guard open.count >= limits.connections else { return }
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
            switch readRequest(connection) {
            case .partial: return
            case .refused:
                open[number] = nil
                return
            case .whole: break
            }
            let request = connection.request
            connection.request = []
            connection.answer = body(request, connection.user)
            connection.deadline = SystemClock.monotonic + limits.patienceNanoseconds
        }
        guard send(connection) else {
            open[number] = nil
            return
        }
        do { try watch(number, writes: true) } catch { open[number] = nil }
    }

    /// Reads what is there; refused also where the client is gone.
    private func readRequest(_ connection: Connection) -> Progress {
        while true {
            let progress = progress(connection.request)
            guard case .partial(let missing) = progress else { return progress }
            var part = [UInt8](repeating: 0, count: min(max(missing, 1), Self.readBytes))
            let count = unsafe part.withUnsafeMutableBytes { unsafe read(connection.peer, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return progress }
            guard count > 0 else { return .refused }
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

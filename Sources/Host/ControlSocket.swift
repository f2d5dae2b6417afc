import CHost
import Glibc

/// A local request–answer socket: one message each way, each a length in four bytes (big endian) and that many bytes.
///
/// It never makes its loop wait: see `SmallServer`.
package final class ControlSocket {
    /// The greatest message, in bytes. A connection has no more memory than its client has sent.
    package static let limit = 256 << 20
    /// Connections at a time.
    package static let connections = SmallServer.Limits().connections
    package static let patienceNanoseconds = SmallServer.Limits().patienceNanoseconds

    private let server: SmallServer
    private let path: String

    /// Listens at `path`; what was there before is removed, so the caller must hold the folder.
    package init(path: String, patienceNanoseconds: Int64 = ControlSocket.patienceNanoseconds) throws(SystemError) {
        self.path = path
        try DurableFile.remove(path)
        let listener = Descriptor(owning: try ControlMessageBytes.stream(nonBlocking: true))
        let number = listener.number
        try checkShim("bind", path, unsafe gh_unix_address(number, path, 0))
        unsafe chmod(path, 0o660)
        try check("listen", path) { listen(number, 16) }
        var limits = SmallServer.Limits()
        limits.patienceNanoseconds = patienceNanoseconds
        server = try SmallServer(listener, name: path, limits: limits, progress: Self.progress)
    }

    deinit { unsafe unlink(path) }

    /// Can be read when `serve` has something to do.
    package var number: Int32 { server.number }
    /// Clients that are on their way.
    package var openConnections: Int { server.openConnections }

    private static func progress(_ request: [UInt8]) -> SmallServer.Progress {
        guard request.count >= 4 else { return .partial(4 - request.count) }
        let length = request[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit else { return .refused }
        return request.count < length + 4 ? .partial(length + 4 - request.count) : .whole
    }

    /// Does what can be done at once: takes clients, reads requests, answers them with what `body` makes of a request and of
    /// the caller's user id. To be called now and then also when nothing is ready: it ends who takes too long.
    package func serve(_ body: (_ request: [UInt8], _ user: UInt32) -> [UInt8]) throws(SystemError) {
        try server.serve { request, user in
            let answer = body(Array(request[4...]), user)
            return ControlMessageBytes.head(answer.count) + answer
        }
    }
}

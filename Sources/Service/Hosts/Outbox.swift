import Synchronization

/// How much waits to be sent to hosts: who makes the lines of a thousand hosts waits for those who take them, or all of them
/// would be in memory at once.
package final class Outbox: Sendable {
    private struct State {
        var byConnection: [Int: Int] = [:]
        var bytes = 0
    }

    private let state = Mutex(State())
    private static let roomy = 8 << 20

    /// Notes that a line waits for a connection.
    func put(_ bytes: Int, for connection: Int) {
        state.withLock { state in
            state.byConnection[connection, default: 0] += bytes
            state.bytes += bytes
        }
    }

    /// Notes that a line is sent.
    func take(_ bytes: Int, for connection: Int) {
        state.withLock { state in
            // Of a connection that is closed nothing waits any more.
            guard let waiting = state.byConnection[connection] else { return }
            state.byConnection[connection] = waiting - bytes
            state.bytes -= bytes
        }
    }

    /// Forgets what waited for a connection that is closed.
    func close(_ connection: Int) {
        state.withLock { $0.bytes -= $0.byConnection.removeValue(forKey: connection) ?? 0 }
    }

    /// What waits for a connection, in bytes.
    func waiting(for connection: Int) -> Int { state.withLock { $0.byConnection[connection] ?? 0 } }

    /// What waits, in bytes.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Waits until little waits, for a tenth of a second at most: hosts that do not read must not hold the others up.
    func waitForRoom() async {
        for _ in 0..<50 where bytes > Self.roomy {
            try? await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// The lines for one host, as they come.
package struct HostStream: Sendable {
    package let lines: AsyncStream<[UInt8]>
    private let connection: Int
    private let outbox: Outbox

    init(_ lines: AsyncStream<[UInt8]>, connection: Int, outbox: Outbox) {
        self.lines = lines
        self.connection = connection
        self.outbox = outbox
    }

    /// To be called when a line is sent.
    package func noteSent(_ line: [UInt8]) { outbox.take(line.count, for: connection) }
}

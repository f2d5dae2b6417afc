import Link
import Model
import Synchronization

/// The streams that hosts hold open, one a host, and what each was told last.
package final class HostConnections: Sendable {
    private struct Connection {
        let number: Int
        let stream: AsyncStream<[UInt8]>.Continuation
        let outbox: Outbox
        /// The serial number of the certificate that it was opened with.
        let certificate: String
        let capabilities: Set<HostCapability>
        /// The digest of the policy that the host was told last; nil before it was told any, and when it was told an
        /// amendment since. The policy itself would fill the memory.
        var digest: String?
        /// The revision that it was told last; 0 before the first.
        var told = 0
        /// Whether it was told credentials of buckets.
        var hasCredentials = false
        /// Whether a change came before it was told its first policy.
        var mustLookAgain = false

        func send(_ line: [UInt8]) {
            outbox.put(line.count, for: number)
            stream.yield(line)
        }
    }

    /// By which connection a host is here, and which policy it was told by it.
    typealias Known = (number: Int, digest: String?)

    private let outbox = Outbox()
    private let state = Mutex<(next: Int, byHost: [String: Connection])>((1, [:]))

    var names: Set<String> { state.withLock { Set($0.byHost.keys) } }
    var known: [String: Known] { state.withLock { $0.byHost.mapValues { ($0.number, $0.digest) } } }

    /// The hosts here that understand something.
    func names(thatUnderstand capability: HostCapability) -> Set<String> {
        state.withLock { Set($0.byHost.filter { $0.value.capabilities.contains(capability) }.keys) }
    }

    /// Waits until little waits to be sent, or not for long.
    func waitForRoom() async { await outbox.waitForRoom() }

    /// Begins a host's stream, and ends the one that it had.
    func open(
        _ host: String, certificate: String, capabilities: Set<HostCapability> = []
    ) -> (number: Int, stream: HostStream) {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        close(host)
        let number = state.withLock { state in
            state.next += 1
            state.byHost[host] = Connection(
                number: state.next, stream: continuation, outbox: outbox, certificate: certificate,
                capabilities: capabilities, digest: nil)
            return state.next
        }
        continuation.onTermination = { [weak self, outbox] _ in
            outbox.close(number)
            self?.state.withLock { state in
                if state.byHost[host]?.number == number { state.byHost[host] = nil }
            }
        }
        return (number, HostStream(stream, connection: number, outbox: outbox))
    }

    /// Ends the stream of a host.
    func close(_ host: String) {
        let stream = state.withLock { $0.byHost.removeValue(forKey: host)?.stream }
        stream?.finish()
    }

    /// Ends the streams that were opened with another certificate than the host has now.
    ///
    /// * `good`: serial numbers by host; one that is not there has none.
    func closeAll(except good: [String: String]) {
        let streams = state.withLock { state in
            let ended = state.byHost.filter { good[$0.key] != $0.value.certificate }
            for host in ended.keys { state.byHost[host] = nil }
            return ended.values.map(\.stream)
        }
        for stream in streams { stream.finish() }
    }

    /// Ends all streams.
    func closeAll() {
        // Ended outside the lock: what an end calls takes it.
        let open = state.withLock { state in
            defer { state.byHost = [:] }
            return state.byHost.values.map(\.stream)
        }
        for stream in open { stream.finish() }
    }

    /// Whether a change came while a host's first policy was read.
    func mustLookAgain(_ host: String) -> Bool { state.withLock { $0.byHost[host]?.mustLookAgain == true } }

    /// Sends a line that every host gets.
    ///
    /// Who has more waiting than `Limit.unreadByHost` does not read: its stream is ended.
    func sendToAll(_ line: [UInt8]) {
        let stuck = state.withLock { state in
            for connection in state.byHost.values { connection.send(line) }
            return state.byHost.values.filter { outbox.waiting(for: $0.number) > Limit.unreadByHost.bound }
                .map(\.stream)
        }
        // Ended outside the lock: what an end calls takes it.
        for stream in stuck { stream.finish() }
    }

    /// Sends a line to one host, where it is here and understands it; tells whether it was sent.
    func send(_ line: [UInt8], to host: String, thatUnderstands capability: HostCapability) -> Bool {
        state.withLock { state in
            guard let connection = state.byHost[host], connection.capabilities.contains(capability)
            else { return false }
            connection.send(line)
            return true
        }
    }

    /// Sends amendments to hosts that were told what they amend.
    ///
    /// - Returns: who was told.
    func send(_ lines: [String: [UInt8]], of revision: Int) -> [String] {
        state.withLock { state in
            var told: [String] = []
            for (host, line) in lines {
                guard var connection = state.byHost[host] else { continue }
                if connection.told == 0 {
                    // Its first policy is being read, perhaps from before this change.
                    connection.mustLookAgain = true
                } else if connection.told < revision {
                    connection.send(line)
                    (connection.told, connection.digest) = (revision, nil)
                    told.append(host)
                }
                state.byHost[host] = connection
            }
            return told
        }
    }

    /// Sends a host's policy by the connection of this number, where it is still open and was told nothing newer.
    ///
    /// * `credentials`: nil where they cannot be opened: the host goes on with those that it has.
    func send(
        _ line: RevisionLine, of revision: Int, _ credentials: [HostCredentials]?, to host: String, _ number: Int
    ) {
        state.withLock { state in
            guard var connection = state.byHost[host], connection.number == number, connection.told <= revision
            else { return }
            (connection.told, connection.digest) = (revision, line.digest)
            // Before what needs them. A host that was told none needs none.
            if let credentials, !credentials.isEmpty || connection.hasCredentials,
                let line = try? ControlCodec.encode(HostMessage.credentials(credentials))
            {
                connection.hasCredentials = !credentials.isEmpty
                connection.send(line)
            }
            connection.send(line.bytes)
            state.byHost[host] = connection
        }
    }
}

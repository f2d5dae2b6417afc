import Model
import NIOCore
import Service
import Synchronization

/// The connections that are open: how many of a source, what each waits for, and since when.
///
/// A connection is a stranger's until a request on it has shown credentials that are good here. What takes too long is closed by
/// `sweep`, which the server calls once a second; `Limit` says what that is.
final class Connections: Sendable {
    /// What a connection does.
    enum Phase: Hashable, Sendable {
        /// Nothing has come yet; TLS is spoken meanwhile.
        case fresh
        /// It waits for the next request.
        case idle
        /// A body comes.
        case body(isLong: Bool)
        /// The answer is made or sent, or a host's stream.
        case answer
        /// The body was not read to its end: what still comes is thrown away, until the caller has read why.
        case refused
    }

    private struct Entry {
        let channel: any Channel
        let network: String
        var isStranger = true
        var phase = Phase.fresh
        /// Monotonic nanoseconds.
        var since: Int64
        /// What waits to be sent to a caller that does not read as fast as it is answered, and since when it is as much.
        var unread: (bytes: Int, since: Int64)?
    }

    private struct Counts {
        var all = 0
        var strangers = 0
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var counts: [String: Counts] = [:]
    }

    private let state = Mutex(State())
    /// So many in all, which the process's open files leave room for.
    private let total: Int
    /// Whether all callers come by a proxy, which is one source.
    private let isProxied: Bool

    init(total: Int, isProxied: Bool) {
        self.total = total
        self.isProxied = isProxied
    }

    /// How many are open.
    var count: Int { state.withLock { $0.entries.count } }

    /// Takes a new connection in; false where its source, or the server, has too many.
    func admit(_ channel: any Channel, at now: Int64) -> Bool {
        let network = CallerNetwork.of(channel.remoteAddress?.ipAddress ?? "local")
        let id = ObjectIdentifier(channel)
        let isAdmitted = state.withLock { state in
            let counts = state.counts[network] ?? Counts()
            guard state.entries.count < total,
                isProxied
                    || counts.all < Limit.connectionsOfSource.bound
                        && counts.strangers < Limit.strangersOfSource.bound
            else { return false }
            state.counts[network] = Counts(all: counts.all + 1, strangers: counts.strangers + 1)
            state.entries[id] = Entry(channel: channel, network: network, since: now)
            return true
        }
        if isAdmitted { channel.closeFuture.whenComplete { [weak self] _ in self?.forget(id) } }
        return isAdmitted
    }

    private func forget(_ id: ObjectIdentifier) {
        state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: id), var counts = state.counts[entry.network] else {
                return
            }
            counts.all -= 1
            if entry.isStranger { counts.strangers -= 1 }
            state.counts[entry.network] = counts.all > 0 ? counts : nil
        }
    }

    /// Notes that a request on the connection has shown good credentials.
    func noteKnown(_ channel: any Channel) {
        state.withLock { state in
            guard let entry = state.entries[ObjectIdentifier(channel)], entry.isStranger else { return }
            state.entries[ObjectIdentifier(channel)]?.isStranger = false
            state.counts[entry.network]?.strangers -= 1
        }
    }

    func enter(_ phase: Phase, _ channel: any Channel, at now: Int64) {
        state.withLock { state in
            state.entries[ObjectIdentifier(channel)]?.phase = phase
            state.entries[ObjectIdentifier(channel)]?.since = now
        }
    }

    /// Closes what takes too long.
    func sweep(at now: Int64) {
        let (over, unread) = state.withLock { state in
            var over: [any Channel] = []
            var unread: [ObjectIdentifier: any Channel] = [:]
            for (id, entry) in state.entries {
                if entry.channel.isWritable {
                    if entry.unread != nil { state.entries[id]?.unread = nil }
                } else {
                    unread[id] = entry.channel
                    // It waits for the caller to read, not for the next request.
                    if entry.phase == .idle { state.entries[id]?.since = now }
                }
                if Self.isOver(entry, at: now) { over.append(entry.channel) }
            }
            return (over, unread)
        }
        for channel in over { channel.close(promise: nil) }
        for (id, channel) in unread {
            channel.getOption(.bufferedWritableBytes).whenSuccess { [weak self] in self?.noteUnread($0, id, at: now) }
        }
    }

    private func noteUnread(_ bytes: Int, _ id: ObjectIdentifier, at now: Int64) {
        state.withLock { state in
            guard state.entries[id]?.unread?.bytes != bytes else { return }
            state.entries[id]?.unread = (bytes, now)
        }
    }

    private static func isOver(_ entry: Entry, at now: Int64) -> Bool {
        if let unread = entry.unread, now - unread.since >= nanoseconds(.secondsUnread) { return true }
        let age = now - entry.since
        return switch entry.phase {
        case .fresh: age >= nanoseconds(.secondsToHead)
        case .idle: entry.channel.isWritable && age >= nanoseconds(.secondsIdle)
        case .body(let isLong): age >= nanoseconds(isLong ? .secondsToLongBody : .secondsToBody)
        case .answer: false
        case .refused: age >= nanoseconds(.secondsRefused)
        }
    }

    private static func nanoseconds(_ limit: Limit) -> Int64 { Int64(limit.bound) * 1_000_000_000 }
}

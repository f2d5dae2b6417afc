package import Netlink

/// The sessions that ICMP errors were about, by the kernel's number for their entries, which is in the errors' keys.
package struct QuotedSessions: Sendable {
    struct Session: Sendable {
        /// When conntrack made the entry, in nanoseconds since 1970.
        let start: Int64
        /// A helper announced it: its mark is that of another session, whose ends may be the other way round.
        let isExpected: Bool
    }

    private var sessions: [UInt32: Session] = [:]
    private var wanted: Set<UInt32>

    /// * `wanted`: the numbers that are looked for.
    package init(_ wanted: Set<UInt32> = []) { self.wanted = wanted }

    /// Whether some are not found yet.
    package var areWanting: Bool { sessions.count < wanted.count }

    package mutating func note(_ entry: ConnectionEntry) {
        guard wanted.contains(entry.id) else { return }
        sessions[entry.id] = Session(start: entry.start, isExpected: entry.isExpected)
    }

    mutating func note(_ id: UInt32, _ session: Session) {
        if wanted.contains(id), sessions[id] == nil { sessions[id] = session }
    }

    subscript(id: UInt32) -> Session? { sessions[id] }
}

/// The sessions that ended last, so that an error that is read after its session's end still finds when that began.
struct EndedSessions {
    private static let capacity = 1 << 16

    private var ring: [(id: UInt32, session: QuotedSessions.Session)] = []
    private var next = 0

    mutating func note(_ entry: ConnectionEntry) {
        let item = (entry.id, QuotedSessions.Session(start: entry.start, isExpected: entry.isExpected))
        if ring.count < Self.capacity { ring.append(item) } else { ring[next] = item }
        next = (next + 1) % Self.capacity
    }

    /// Tells them, the newest first: a number may have been another session's before.
    func forEach(_ body: (UInt32, QuotedSessions.Session) -> Void) {
        for index in 0..<ring.count {
            let item = ring[(next + 2 * ring.count - 1 - index) % ring.count]
            body(item.id, item.session)
        }
    }
}

package import Model

/// The sessions that were accepted, as connection tracking would know them.
///
/// It knows tuples, not protocol states: a session stays until it is forgotten. Sequence numbers and windows are not
/// looked at, and SCTP and DCCP are treated like UDP.
package struct SessionTable: Sendable {
    /// One accepted session.
    package struct Session: Hashable, Sendable {
        /// Five-tuple of the packet that opened it.
        package let key: FlowKey
        package let echoID: UInt16?
        /// The judgement of that packet.
        package let legs: [Judgement.Leg]
        package let began: Timestamp
        package internal(set) var lastSeen: Timestamp
        let isTranslated: Bool
    }

    private var sessions: [SessionTuple: Session] = [:]
    /// The tuples of translated sessions by those of their answers; of others an answer's is the session's reversed.
    private var answers: [SessionTuple: SessionTuple] = [:]

    package init() {}

    package var count: Int { sessions.count }

    /// The session that packets with this five-tuple belong to, in either way.
    package func session(_ key: FlowKey, echoID: UInt16? = nil) -> Session? {
        find(SessionTuple(key, echoID: echoID)).flatMap { sessions[$0] }
    }

    /// Forgets the session that packets with this five-tuple belong to, as when it ends or is cut.
    package mutating func forget(_ key: FlowKey, echoID: UInt16? = nil) {
        if let tuple = find(SessionTuple(key, echoID: echoID)) { sessions[tuple] = nil }
    }

    /// Forgets every session that a rule admitted at any interface, as when the rule is revoked.
    package mutating func forget(admittedBy rule: Identifier<Rule>) {
        sessions = sessions.filter { !$0.value.legs.contains { $0.rule == rule } }
    }

    /// Forgets every session without a packet since an instant.
    package mutating func forget(idleSince instant: Timestamp) {
        sessions = sessions.filter { $0.value.lastSeen >= instant }
    }

    /// The key of the session that holds a tuple, as opened or reversed.
    private func find(_ tuple: SessionTuple) -> SessionTuple? {
        if sessions[tuple] != nil { return tuple }
        if let original = answers[tuple], sessions[original] != nil { return original }
        guard let reversed = tuple.reversed, let session = sessions[reversed], !session.isTranslated else { return nil }
        return reversed
    }

    /// The session that a packet follows, after noting that it was seen.
    mutating func follow(_ key: FlowKey, echoID: UInt16?, now: Timestamp) -> Session? {
        guard let tuple = find(SessionTuple(key, echoID: echoID)) else { return nil }
        sessions[tuple]?.lastSeen = now
        return sessions[tuple]
    }

    mutating func open(
        _ packet: Packet, _ translation: Packet.Translation?, _ judgement: Judgement, now: Timestamp
    ) {
        let tuple = SessionTuple(packet.key, echoID: packet.echoID)
        sessions[tuple] = Session(
            key: packet.key, echoID: packet.echoID, legs: judgement.legs, began: now, lastSeen: now,
            isTranslated: translation != nil)
        if let answer = translation.flatMap({ SessionTuple($0.sent, echoID: packet.echoID).reversed }) {
            answers[answer] = tuple
        }
    }
}

import Attribution
import Enforcement
import Model
import Netlink
import Policy

/// What becomes of live sessions whose rule a new revision no longer has, or no longer lets admit them.
///
/// A session that another rule admits goes on, whichever end speaks next: its mark gets that rule's index. One that no rule
/// admits ends.
struct SessionCutter {
    let requests: NetfilterSocket
    let dumps: NetfilterSocket

    /// A session that goes on under another rule at one end, or at both.
    struct Move {
        /// As it was found, with its mark of before.
        let entry: ConnectionEntry
        /// The whole mark that it gets.
        let mark: UInt32
        /// The bits of the halves that differ; the others are not written.
        let mask: UInt32
    }

    private enum Fate {
        case goesOn
        case ends
        case moves(Move)
    }

    /// Cuts and moves them.
    ///
    /// - Parameters:
    ///   - revision: the policy in force.
    ///   - indexes: the rules behind the indexes of marks.
    ///   - beforeMoving: is given all that move before the first of them does.
    /// - Returns: how many were cut.
    /// - Throws: what the kernel or `beforeMoving` throws; what is not done then is done by another call.
    func cut(_ revision: Revision, _ indexes: RuleIndexes, beforeMoving: ([Move]) throws -> Void) throws -> Int {
        let admission = Admission(revision.policy)
        // Most changes revoke nothing that lives.
        var classifier: Classifier?
        var doomed: [ConnectionEntry] = []
        var moves: [Move] = []
        try ConnectionTracking.dump(dumps) { entry in
            guard entry.mark != 0 else { return }
            let fate = Self.fate(entry, admission, indexes) {
                let made = classifier ?? Classifier(revision)
                classifier = made
                return made
            }
            switch fate {
            case .goesOn: break
            case .ends: doomed.append(entry)
            case .moves(let move): moves.append(move)
            }
        }
        var count = 0
        for entry in doomed where try ConnectionTracking.delete(requests, entry) { count += 1 }
        try beforeMoving(moves)
        // One that is gone by now needs no mark; its end told what it did under the one of before.
        for move in moves {
            _ = try ConnectionTracking.setMark(requests, move.entry, to: move.mark, mask: move.mask)
        }
        return count
    }

    private static func fate(
        _ entry: ConnectionEntry, _ admission: Admission, _ indexes: RuleIndexes, classifier: () -> Classifier
    ) -> Fate {
        let key = entry.judgedKey
        var mark = entry.mark
        var mask: UInt32 = 0
        for direction in Direction.allCases {
            let index = MarkLayout.index(entry.mark, direction)
            // An end that is not here, or that the guard let ask for an address.
            if index == 0 || direction == .egress && index == MarkLayout.dhcpClientIndex { continue }
            let address = direction == .egress ? key.initiator : key.target
            if let rule = indexes.rule(index, direction), admission.admits(rule, key, at: address) { continue }
            guard let next = classifier().rule(admitting: key, direction), let half = indexes.known(next, direction)
            else { return .ends }
            // An observed interface admits by the rule that would refuse.
            if next == indexes.rule(index, direction) { continue }
            mask |= MarkLayout.bits(direction)
            mark = mark & ~MarkLayout.bits(direction) | MarkLayout.half(half, direction)
        }
        return mask == 0 ? .goesOn : .moves(Move(entry: entry, mark: mark, mask: mask))
    }
}

/// Ends sessions that no rule of ours has judged, so that their next packet is.
struct UnjudgedSessions {
    let requests: NetfilterSocket
    let dumps: NetfilterSocket

    /// Cuts all sessions of these addresses: they are another's from now on.
    func cutAll(_ has: (IPAddress) -> Bool) throws(NetlinkError) {
        var doomed: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entry in
            let ends = [entry.original.source, entry.original.target, entry.reply.source, entry.reply.target]
            if ends.contains(where: has) { doomed.append(entry) }
        }
        for entry in doomed { _ = try ConnectionTracking.delete(requests, entry) }
    }

    /// Cuts the sessions of these addresses whose mark says nothing of that end.
    ///
    /// * `has`: whether an address is one of theirs.
    func cut(_ has: (IPAddress) -> Bool) throws(NetlinkError) {
        var doomed: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entry in
            let lacksEgress = MarkLayout.egressIndex(entry.mark) == 0 && has(entry.original.source)
            let lacksIngress = MarkLayout.ingressIndex(entry.mark) == 0 && has(entry.reply.source)
            if lacksEgress || lacksIngress { doomed.append(entry) }
        }
        for entry in doomed { _ = try ConnectionTracking.delete(requests, entry) }
    }
}

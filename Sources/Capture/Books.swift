package import Model
package import Spools

/// Kernel counters against records, for each interface and way: in = recorded + not collected + open + stated loss.
package struct Books: Sendable {
    package struct Account: Hashable, Sendable {
        package let interface: Identifier<Interface>
        package let way: Way

        package init(_ interface: Identifier<Interface>, _ way: Way) {
            self.interface = interface
            self.way = way
        }
    }

    /// Sums of one account since the counters began.
    package struct Entry: Hashable, Sendable {
        package var recorded = Traffic.zero
        package var lost = Traffic.zero
        /// Of sessions whose VPC has them not recorded; and how much of it readers have been told in statements.
        package var uncollected = Traffic.zero
        package var statedUncollected = Traffic.zero
        /// What the counters had reached when they last began anew, because their table was deleted or the machine booted; and
        /// what others of the kernel's counters said that these could not see (`LossStatement.Reason.notSentOn`).
        package var kernelBase = Traffic.zero
        /// What the counters were last seen at.
        package var kernelSeen = Traffic.zero
        /// What neither records nor a stated loss explained at the last reading that could say so: it keeps that name, and is no
        /// part of a loss that is found later.
        package var unexplainedPackets: Int64 = 0
        package var unexplainedBytes: Int64 = 0
        /// Bounds of the loss that is not yet stated, while it is known that there may be some.
        package var pending: PendingLoss?

        /// Whether nothing was ever counted or recorded of the account.
        package var isBlank: Bool { self == Entry() }
    }

    /// Between which numbers a loss must lie, as readings under traffic have narrowed it down.
    package struct PendingLoss: Hashable, Sendable {
        package var reason: LossStatement.Reason
        package var since: Int64
        package var lowPackets = Int64.min
        package var highPackets = Int64.max
        package var lowBytes = Int64.min
        package var highBytes = Int64.max

        package var isSettled: Bool { lowPackets == highPackets && lowBytes == highBytes }

        /// The same after something else may have been lost: what readings said before is no bound any more.
        var unbounded: PendingLoss { PendingLoss(reason: reason, since: since) }
    }

    package private(set) var entries: [Account: Entry] = [:]

    package init() {}

    package mutating func record(_ traffic: Traffic, _ account: Account) {
        entries[account, default: Entry()].recorded += traffic
    }

    package mutating func state(_ loss: LossStatement) {
        let account = Account(loss.interface, loss.way)
        if loss.reason == .notCollected {
            // It is in the books by its sessions.
            entries[account, default: Entry()].statedUncollected += loss.traffic
        } else if loss.reason.isMissing {
            entries[account, default: Entry()].lost += loss.traffic
        } else {
            entries[account, default: Entry()].kernelBase += loss.traffic
        }
    }

    /// States that what was recorded is lost after all.
    package mutating func lose(_ loss: LossStatement) {
        let account = Account(loss.interface, loss.way)
        entries[account, default: Entry()].recorded = (entries[account]?.recorded ?? .zero) - loss.traffic
        state(loss)
    }

    /// Adds both ways of what is not collected of a session.
    package mutating func record(_ session: UncollectedSession) {
        for (way, traffic) in session.ways {
            entries[Account(session.interface, way), default: Entry()].uncollected += traffic
        }
    }

    /// States that what is not collected of a session is not even known to a successor.
    package mutating func lose(_ session: UncollectedSession, until: Timestamp) -> [LossStatement] {
        session.ways.map { way, traffic in
            let account = Account(session.interface, way)
            entries[account, default: Entry()].uncollected = (entries[account]?.uncollected ?? .zero) - traffic
            let loss = LossStatement(
                interface: session.interface, way: way, reason: .noRoom, traffic: traffic, since: session.windowStart,
                until: until)
            state(loss)
            return loss
        }
    }

    /// What is not collected and readers have not been told, a statement for each account.
    package func unstatedUncollected(_ window: Range<Timestamp>) -> [LossStatement] {
        func place(_ account: Account) -> (UInt64, UInt64, UInt8) {
            (account.interface.high, account.interface.low, account.way.rawValue)
        }
        let unstated = entries.filter { $0.value.uncollected != $0.value.statedUncollected }
        return unstated.sorted { place($0.key) < place($1.key) }.map { account, entry in
            LossStatement(
                interface: account.interface, way: account.way, reason: .notCollected,
                traffic: entry.uncollected - entry.statedUncollected, since: window.lowerBound, until: window.upperBound
            )
        }
    }

    /// Adds both ways of a record.
    package mutating func record(_ record: FlowRecord) {
        let way = Way(initiatorOf: record.direction)
        if !record.fromInitiator.isZero { self.record(record.fromInitiator, Account(record.interface, way)) }
        if !record.fromTarget.isZero { self.record(record.fromTarget, Account(record.interface, way.opposite)) }
    }

    /// Says that packets of the account may have been counted while nobody could record them.
    package mutating func expectLoss(_ account: Account, _ reason: LossStatement.Reason, since: Int64) {
        let pending = entries[account]?.pending?.unbounded
        entries[account, default: Entry()].pending = pending ?? PendingLoss(reason: reason, since: since)
    }

    /// Takes what the kernel's counter says; a smaller number than before means that it began anew.
    package mutating func observe(_ counter: Traffic, _ account: Account) {
        var entry = entries[account] ?? Entry()
        if counter.isBehind(entry.kernelSeen) {
            entry.kernelBase += entry.kernelSeen
        }
        entry.kernelSeen = counter
        entries[account] = entry
    }

    /// Takes what a counter holds that is another account's from now on: the totals of both stay what they are.
    package mutating func move(_ counter: Traffic, from former: Account, to latter: Account) {
        entries[former, default: Entry()].kernelBase += counter
        entries[former, default: Entry()].kernelSeen = (entries[former]?.kernelSeen ?? .zero) - counter
        entries[latter, default: Entry()].kernelBase = (entries[latter]?.kernelBase ?? .zero) - counter
        entries[latter, default: Entry()].kernelSeen += counter
    }

    /// Says that a counter of the account is gone, or began anew: what it said stays, and is no part of what is seen.
    package mutating func retire(_ counter: Traffic, _ account: Account) {
        guard var entry = entries[account], !entry.kernelSeen.isBehind(counter) else { return }
        entry.kernelBase += counter
        entry.kernelSeen = entry.kernelSeen - counter
        entries[account] = entry
    }

    /// The counter's total since the beginning of the books.
    package func kernel(_ account: Account) -> Traffic {
        entries[account].map { $0.kernelBase + $0.kernelSeen } ?? .zero
    }

    /// Says that all counters begin at zero again: the machine was booted, or the table was made anew.
    ///
    /// What they had counted since they were last seen is gone with them, so the books begin anew at what is recorded.
    ///
    /// * `accounts`: those of which nothing may have been seen yet, too: what passed while there was no table has no counter,
    ///   and records nevertheless.
    package mutating func countersBeganAnew(of accounts: [Account] = [], now: Int64) {
        for account in Set(accounts).union(entries.keys) {
            var entry = entries[account] ?? Entry()
            entry.kernelBase =
                entry.recorded + entry.uncollected + entry.lost
                + Traffic(
                    packets: UInt64(bitPattern: entry.unexplainedPackets),
                    bytes: UInt64(bitPattern: entry.unexplainedBytes))
            entry.kernelSeen = .zero
            entry.pending = entry.pending?.unbounded ?? PendingLoss(reason: .notListening, since: now)
            entries[account] = entry
        }
    }

    /// One account in a reading.
    package struct Line: Hashable, Sendable {
        package let account: Account
        /// The kernel's counter before and after the records were read.
        package let kernelBefore: Traffic
        package let kernelAfter: Traffic
        package let recorded: Traffic
        /// Of sessions whose VPC has them not recorded.
        package let uncollected: Traffic
        /// Counted by live sessions and sets since their last record.
        package let open: Traffic
        package let lost: Traffic

        package init(
            account: Account, kernelBefore: Traffic, kernelAfter: Traffic, recorded: Traffic,
            uncollected: Traffic = .zero, open: Traffic, lost: Traffic
        ) {
            self.account = account
            self.kernelBefore = kernelBefore
            self.kernelAfter = kernelAfter
            self.recorded = recorded
            self.uncollected = uncollected
            self.open = open
            self.lost = lost
        }

        /// Records and stated loss against the kernel: zero, or, while traffic flows, within what came during the
        /// reading; the least that is unexplained.
        package var difference: (packets: Int64, bytes: Int64) {
            return (
                Self.distance(sum.packets, kernelBefore.packets, kernelAfter.packets),
                Self.distance(sum.bytes, kernelBefore.bytes, kernelAfter.bytes)
            )
        }

        /// What records, statements and live sessions explain.
        var sum: Traffic { recorded + uncollected + open + lost }

        package var isBalanced: Bool { difference == (0, 0) }

        private static func distance(_ sum: UInt64, _ low: UInt64, _ high: UInt64) -> Int64 {
            if sum < low { return Int64(clamping: low - sum) }
            if sum > high { return -Int64(clamping: sum - high) }
            return 0
        }
    }

    /// Takes what a reading leaves unexplained, of accounts without a pending loss.
    package mutating func noteUnexplained(_ lines: [Line]) {
        for line in lines {
            guard var entry = entries[line.account], entry.pending == nil else { continue }
            (entry.unexplainedPackets, entry.unexplainedBytes) = line.difference
            entries[line.account] = entry
        }
    }

    /// The lines of accounts whose sessions have no more open than what a pass over them has just recorded.
    ///
    /// * `before`: the books before that pass, with what the counters said then.
    package func lines(since before: Books) -> [Line] {
        entries.map { account, entry in
            Line(
                account: account, kernelBefore: before.kernel(account), kernelAfter: kernel(account),
                recorded: entry.recorded, uncollected: entry.uncollected, open: .zero, lost: entry.lost)
        }
    }

    /// Narrows pending losses down by a reading.
    ///
    /// A loss must lie between what the counters said before and after the records were read. Where traffic rests, both
    /// are the same and the loss is known exactly.
    ///
    /// - Returns: the losses that are exact now, to be put into the spool.
    package mutating func settle(_ lines: [Line], now: Int64) -> [LossStatement] {
        var statements: [LossStatement] = []
        for line in lines {
            guard var entry = entries[line.account], var pending = entry.pending else { continue }
            let sum = line.sum
            func packets(_ kernel: Traffic) -> Int64 {
                Int64(bitPattern: kernel.packets &- sum.packets) &- entry.unexplainedPackets
            }
            func bytes(_ kernel: Traffic) -> Int64 {
                Int64(bitPattern: kernel.bytes &- sum.bytes) &- entry.unexplainedBytes
            }
            pending.lowPackets = max(pending.lowPackets, packets(line.kernelBefore))
            pending.highPackets = min(pending.highPackets, packets(line.kernelAfter))
            pending.lowBytes = max(pending.lowBytes, bytes(line.kernelBefore))
            pending.highBytes = min(pending.highBytes, bytes(line.kernelAfter))
            entry.pending = pending
            if pending.isSettled {
                entry.pending = nil
                if pending.lowPackets < 0 || pending.lowBytes < 0 {
                    // Records of sessions that counted before the counters began anew.
                    entry.kernelBase += Traffic(
                        packets: UInt64(bitPattern: -pending.lowPackets), bytes: UInt64(bitPattern: -pending.lowBytes))
                } else if pending.lowPackets > 0 {
                    statements.append(
                        LossStatement(
                            interface: line.account.interface, way: line.account.way, reason: pending.reason,
                            traffic: Traffic(
                                packets: UInt64(pending.lowPackets), bytes: UInt64(pending.lowBytes)),
                            since: Timestamp(nanoseconds: pending.since), until: Timestamp(nanoseconds: now)))
                }
            }
            entries[line.account] = entry
        }
        return statements
    }

    /// Puts kept sums back after a restart.
    package mutating func restore(_ account: Account, _ entry: Entry) { entries[account] = entry }
}

import Attribution
import Capture
import Enforcement
import Host
import Model
import Netlink
import Spools

/// Counters, records, live sessions and counting sets against each other; what is missing, stated.
extension RecordPipeline {
    /// An element of a set that counts an interface's packets.
    struct Counter: Hashable {
        let set: SetName
        let key: [UInt8]
    }

    /// What the counters say, and whose each is: as the interfaces are now, or as it was known last.
    private func counters() throws -> [Counter: (account: Books.Account, traffic: Traffic)] {
        var found: [Counter: (account: Books.Account, traffic: Traffic)] = [:]
        func read(_ set: SetName, _ way: Way, _ port: (RuleTable.Element) -> Attributor.Port?) throws {
            for element in try enforcer.elements(ofPresent: set) {
                let counter = Counter(set: set, key: element.key)
                let account = port(element).map { Books.Account($0.interface, way) } ?? seenCounters[counter]?.account
                if let account { found[counter] = (account, element.traffic) }
            }
        }
        let attributor = recorder.attributor
        let sets: [(SetName, Way)] = [
            (.egressCounts, .out), (.ingressCounts, .into), (.port(.manyEgressCounts), .out),
            (.port(.manyIngressCounts), .into),
        ]
        for (set, way) in sets {
            try read(set, way) { attributor.port(device: String(decoding: $0.key.prefix { $0 != 0 }, as: UTF8.self)) }
        }
        for family in AddressFamily.allCases {
            for (set, way) in [(BridgedSet.egressCounts(family), Way.out), (.ingressCounts(family), Way.into)] {
                let offset = set.key[0].paddedLength
                try read(.bridged(set), way) { element in
                    element.key.address(at: offset, family).flatMap { attributor.port(address: $0) }
                }
                try read(.ranges(of: .bridged(set), epoch: nil), way) { element in
                    element.key.address(at: offset, family).flatMap { attributor.port(ofBlockAt: $0) }
                }
            }
        }
        return found
    }

    /// Books what was counted by bridge and address up to now for the interface that had the address.
    func moveCounts(
        of address: IPAddress, from former: Identifier<Interface>, to latter: Identifier<Interface>
    ) throws {
        try observeCounters()
        let family = address.family
        for (set, way) in [(BridgedSet.egressCounts(family), Way.out), (.ingressCounts(family), Way.into)] {
            let offset = set.key[0].paddedLength
            for element in try enforcer.elements(ofPresent: .bridged(set))
            where element.key.address(at: offset, family) == address {
                recorder.withBooks {
                    $0.move(element.traffic, from: .init(former, way), to: .init(latter, way))
                }
                seenCounters[Counter(set: .bridged(set), key: element.key)] = (.init(latter, way), element.traffic)
            }
        }
    }

    /// What rules counted of each device, by its name.
    func deviceCounts() throws -> [String: DeviceCounts.Moved] {
        var found: [String: DeviceCounts.Moved] = [:]
        for (set, way) in [(SetName.egressCounts, \DeviceCounts.Moved.out), (.ingressCounts, \.into)] {
            for element in try enforcer.elements(of: set) {
                let device = String(decoding: element.key.prefix { $0 != 0 }, as: UTF8.self)
                found[device, default: .init()][keyPath: way] = element.traffic
            }
        }
        return found
    }

    /// Takes what the counters say.
    ///
    /// To be called before and behind a change that takes counters away: one that is made again begins at zero, and where it
    /// had grown past what it was last seen at nothing would tell that from its going on.
    func observeCounters() throws {
        let found = try counters()
        for (counter, last) in seenCounters {
            let now = found[counter]
            recorder.withBooks { books in
                if now?.traffic.isBehind(last.traffic) ?? true {
                    books.retire(last.traffic, last.account)
                } else if let now, now.account != last.account {
                    // The address is another's now.
                    books.move(last.traffic, from: last.account, to: now.account)
                }
            }
        }
        seenCounters = found
        var sums: [Books.Account: Traffic] = [:]
        for (account, traffic) in found.values { sums[account, default: .zero] += traffic }
        for (account, traffic) in sums { recorder.withBooks { $0.observe(traffic, account) } }
    }

    /// Reads counters, records, live sessions and counting sets against each other.
    ///
    /// A full disk is no reason to give no answer: refusals that cannot be written stay in their counting sets, and every line
    /// says that it may change.
    func readBooks() throws -> [Books.Line] {
        isWithoutRoom = false
        try unlessNoRoom { _ = try drainEnded() }
        try observeCounters()
        let before = recorder.books
        // Refusals are put into records: a set that packets write into cannot be read exactly.
        try unlessNoRoom(rotateCountingSets)
        var live: Set<UInt64> = []
        var open: [Books.Account: Traffic] = [:]
        try ConnectionTracking.dump(sockets.dumps) { entry in
            guard entry.mark != 0, live.insert(Recorder.connection(entry)).inserted else { return }
            recorder.open(entry) { open[$0, default: .zero] += $1 }
        }
        // What ended meanwhile goes into records, and would count twice where it was open.
        var twice: [Books.Account: Traffic] = [:]
        try unlessNoRoom {
            _ = try drainEnded { entry in
                guard live.contains(Recorder.connection(entry)) else { return }
                recorder.open(entry) { twice[$0, default: .zero] += $1 }
            }
        }
        try observeCounters()
        let after = recorder.books
        return recorder.attributor.ports.flatMap { port in
            Way.allCases.compactMap { way in
                let account = Books.Account(port.interface, way)
                let entry = after.entries[account]
                // An interface whose device never was there has no books.
                guard entry?.isBlank == false || recorder.attributor.isHere(port) else { return nil }
                return Books.Line(
                    account: account, kernelBefore: before.kernel(account), kernelAfter: after.kernel(account),
                    recorded: (entry?.recorded ?? .zero) - (twice[account] ?? .zero),
                    uncollected: entry?.uncollected ?? .zero, open: open[account] ?? .zero,
                    lost: entry?.lost ?? .zero)
            }
        }
    }

    func unlessNoRoom(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let error as SystemError where error.isNoRoom {
            isWithoutRoom = true
        }
    }

    /// Whether some loss is still to be stated.
    var hasPendingLoss: Bool { recorder.books.entries.values.contains { $0.pending != nil } }

    /// Whether a reading may settle a pending loss: one that must be exact needs an interface that rests, and costs a look at
    /// every live session. One under traffic still narrows the loss down, but seldom is enough.
    func maySettle() throws -> Bool {
        try observeCounters()
        let pending = recorder.books.entries.filter { $0.value.pending != nil }.mapValues(\.kernelSeen)
        defer { lastPending = pending }
        let now = SystemClock.monotonic
        guard pending.contains(where: { lastPending[$0.key] == $0.value }) || now >= nextReading else { return false }
        nextReading = now + 60_000_000_000
        return !pending.isEmpty
    }

    /// Narrows pending losses down, and puts those that are exact now into the spool.
    func settle(_ lines: [Books.Line]) throws {
        let statements = recorder.withBooks {
            $0.noteUnexplained(lines)
            return $0.settle(lines, now: SystemClock.realtime)
        }
        guard !statements.isEmpty else { return }
        for statement in statements {
            recorder.state(statement)
            spool.append(statement)
        }
        // What has no room now waits for the next commit.
        try unlessNoRoom(commit)
    }

    /// Puts among the records that packets of these interfaces may have passed unjudged and uncounted.
    func stateUnguarded(_ interfaces: [Identifier<Interface>], from since: Timestamp, to until: Timestamp) throws {
        for interface in interfaces {
            for way in Way.allCases {
                spool.append(
                    LossStatement(
                        interface: interface, way: way, reason: .unguarded, traffic: .zero, since: since, until: until))
            }
        }
        try unlessNoRoom(commit)
    }

    /// Says that these interfaces' counters may have run while nobody recorded.
    func expectLoss(_ interfaces: [Identifier<Interface>], _ reason: LossStatement.Reason) {
        let now = SystemClock.realtime
        for interface in interfaces {
            for way in Way.allCases {
                recorder.withBooks { $0.expectLoss(.init(interface, way), reason, since: now) }
            }
        }
    }
}

extension [UInt8] {
    /// The address within a key; nil where it is cut off.
    fileprivate func address(at offset: Int, _ family: AddressFamily) -> IPAddress? {
        let bytes = dropFirst(offset).prefix(family == .ipv4 ? 4 : 16)
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch (family, bytes.count) {
        case (.ipv4, 4): return IPAddress(ipv4: UInt32(truncatingIfNeeded: number(bytes)))
        case (.ipv6, 16): return IPAddress(ipv6High: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
        case (_, _): return nil
        }
    }
}

import Attribution
import Capture
import Delivery
import Enforcement
import Host
import Link
import Model
import Netlink
import Spools

/// Changes of what is enforced: on disk, in the kernel, in sessions.
extension Agent {
    /// Makes a policy the next revision: on disk, then in the kernel, or nothing.
    func apply(_ policy: Policy, actor: String, origin: String, sessions: SessionFate) throws -> Receipt {
        guard revision.notes == nil else { throw AgentError.governed }
        let (policy, attached) = try withAttached(policy)
        let outlook = try outlook(policy)
        guard outlook.notEnforced.isEmpty else {
            throw AgentError.notEnforceable(outlook.notEnforced.map(\.line))
        }
        if let receipt = try confirm(policy, attached, sessions: sessions) { return receipt }
        return try adopt(policy, attached: attached, actor: actor, origin: origin, sessions: sessions)
    }

    /// How the revision in force does, where a policy is that one again: nothing new is made of it.
    private func confirm(
        _ policy: Policy, _ attached: [AttachedDevice], sessions: SessionFate
    ) throws -> Receipt? {
        let next = revision.next(policy: policy, actor: "", origin: "", at: revision.madeAt)
        // Where something stands against the revision, or against one since, it is put in force anew.
        let isTold = problems.contains { $0.hasPrefix("start: ") || $0.hasPrefix("revision: ") }
        guard !isTold, revision.number > 0, next.policy == revision.policy, attached == state.attached,
            let known = state.receipt, known.revision == revision.number
        else { return nil }
        // Sessions that were let go on may be cut now.
        cutsDue.add(sessions)
        let cuts = cutsDue.isDue ? try cutRevoked() : 0
        let receipt = Receipt(
            revision: known.revision, host: host, actor: known.actor, appliedAt: known.appliedAt, method: known.method,
            microseconds: known.microseconds, cutSessions: cuts, missingDevices: binding.missing,
            notEnforced: notEnforced, heldDevices: binding.held.keys.sorted(), awaited: Array(binding.awaited.keys),
            attachments: attachments)
        state.receipt = receipt
        try attempt("state", saveState)
        return receipt
    }

    /// Makes a policy the next revision, with what is attached beside its file.
    func adopt(
        _ policy: Policy, attached: [AttachedDevice], actor: String, origin: String, sessions: SessionFate = .cut
    ) throws -> Receipt {
        let former = state.attached
        state.attached = attached
        do {
            return try adopt(
                revision.next(
                    policy: policy, actor: actor, origin: origin, at: Timestamp(nanoseconds: SystemClock.realtime)),
                sessions: sessions)
        } catch {
            state.attached = former
            throw error
        }
    }

    /// Adopts a revision of the control plane; one that is in force already is not put in force again.
    func adoptGoverned(_ next: Revision, sessions: SessionFate) throws -> Receipt {
        if next.number == revision.number, next.policy == revision.policy, let receipt = state.receipt {
            return receipt
        }
        // The same again, where what was said of it is lost.
        let isSame = next.number == revision.number && next.policy == revision.policy
        guard next.number > revision.number || isSame else {
            throw AgentError.revisionGoesBack(from: revision.number, to: next.number)
        }
        return try adopt(next, sessions: sessions)
    }

    func adopt(_ next: Revision, sessions: SessionFate) throws -> Receipt {
        let decided = SystemClock.monotonic
        try listen()
        do {
            try refuseDoubleClaims(next.policy)
        } catch {
            problems.removeAll { $0.hasPrefix("revision: ") }
            problems.append("revision: \(next.number) is refused, and \(revision.number) stays in force: \(error)")
            throw error
        }
        var nextBinding = try bind(next.policy)
        nextBinding.forgetUnseen()
        var indexes = state.indexes
        try reclaimIndexes(&indexes, for: next.policy)
        var nextLeases = leases
        nextLeases.keep(Set(next.policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).map(\.id)))
        let plan = try nextBinding.plan(
            next.policy.leasing(nextLeases.present), claims: holders, counted: nextLeases.counted, indexes: &indexes)
        // Names before marks: whatever the kernel writes down after the change can be read after a crash.
        try revisions.save(next)
        var nextCuts = cutsDue
        nextCuts.add(sessions)
        var nextState = state
        nextState.indexes = indexes
        if state.leases != nil { nextState.leases = nextLeases }
        // Also what is to be cut: whoever is killed behind the change leaves that to a successor.
        nextState.cutsDue = nextCuts.kept
        try nextState.save(configuration.folder)
        let nextOwnership = Ownership(next.policy, interfaces: Set(nextBinding.devices.keys))
        // What is recorded up to now is recorded as it was to be up to now.
        let isMoving =
            ownership.differs(from: nextOwnership, for: binding.devices.keys)
            || revision.policy.collectedPaths != next.policy.collectedPaths
        // A change of policy does not wait for what cannot be recorded.
        if isMoving { try attempt("window") { try closeWindow(early: true) } }
        let method: Enforcer.Method
        do {
            method = configuration.enforces ? try enforce(plan) : .nothing
        } catch {
            try DurableFile.remove(configuration.folder.revision(next.number))
            try saveState()
            throw error
        }
        let appliedAt = try beginOwnership()
        let took = SystemClock.monotonic - decided
        nextState.revision = next.number
        nextState.devices = Beginning.devices(next.policy)
        nextState.epoch = enforcer.epoch
        nextState.history[appliedAt] = next.number
        (state, cutsDue) = (nextState, nextCuts)
        let bound = Set(nextBinding.devices.keys).subtracting(binding.devices.keys)
        let former = binding
        (revision, binding, ownership) = (next, nextBinding, nextOwnership)
        // What is in the kernel is in force, also where it cannot be written down now.
        try attempt("state", saveState)
        try attempt("bindings") { try bindings.note(Set(binding.devices.keys), at: appliedAt) }
        // A revision is in force that can be read.
        problems.removeAll { $0.hasPrefix("start: ") || $0.hasPrefix("revision: ") }
        learnRevision(at: appliedAt, former: former)
        adoptSinks()
        try noteNotEnforced(since: appliedAt)
        if isMoving { wakeDelivery() }
        try cutUnjudged(bound)
        let cuts = cutsDue.isDue ? try cutRevoked() : 0
        let receipt = Receipt(
            revision: next.number, host: host, actor: next.actor, appliedAt: Timestamp(nanoseconds: appliedAt),
            method: method.rawValue, microseconds: Int(took / 1000), cutSessions: cuts,
            missingDevices: nextBinding.missing, notEnforced: notEnforced, heldDevices: binding.held.keys.sorted(),
            awaited: Array(binding.awaited.keys), attachments: attachments)
        state.receipt = receipt
        try attempt("state", saveState)
        return receipt
    }

    /// The instant from which on what is recorded is the next owners'.
    ///
    /// Who owns a record is said by the end of its window. Where a busy host closes windows late, one that is over by now would
    /// take what interfaces do that are bound just now, and end before they were.
    func beginOwnership() throws -> Int64 {
        if records.isWindowOver { try attempt("window") { try closeWindow(early: true) } }
        return records.instantInWindow
    }

    func saveState() throws {
        isStateUnsaved = true
        state.bound = Dictionary(binding.judgedDevices.map { ($0.name, $0.number) }) { first, _ in first }
        state.held = binding.held
        state.bootID = Machine.bootID
        state.unguarded = unguarded.spans
        do {
            try state.save(configuration.folder)
            isStateUnsaved = false
        } catch let error as SystemError where error.isNoRoom {
            problems.removeAll { $0.hasPrefix("state: ") }
            problems.append("state: \(error)")
            return
        }
        problems.removeAll { $0.hasPrefix("state: ") }
    }

    /// Notes which interfaces are bound since an instant. Those that left while no agent was there get what is known of them.
    func noteBinding(at instant: Int64) throws {
        let bound = Set(binding.devices.keys)
        if !bindings.present.subtracting(bound).isEmpty { try attempt("window", records.markClosed) }
        try attempt("bindings") {
            try bindings.note(
                bound, at: max(min(instant, records.instantInWindow), records.closedUntil.nanoseconds + 1))
        }
    }

    /// Takes indexes back from rules that are gone, when few are left and no connection bears them.
    func reclaimIndexes(_ indexes: inout RuleIndexes, for policy: Policy) throws {
        let wanted = policy.indexedRules
        guard Direction.allCases.contains(where: { indexes.remaining($0) < wanted.count + 1000 }) else { return }
        var borne: Set<UInt32> = []
        try ConnectionTracking.dump(sockets.dumps) { borne.insert($0.mark) }
        indexes.reclaim(wanted: wanted.union(revision.policy.indexedRules), borne: borne)
    }

    func tellUntrackedPorts() {
        problems.removeAll { $0.hasPrefix("rules: ") }
        problems += UntrackedPorts.words(revision.policy, UntrackedPorts.protocols()).map { "rules: \($0)" }
    }

    func repairPlumbing() {
        lastDrift = plumbing.repair(connects: configuration.connectsDevices)
        repairs += 1
        let rerouted = plumbing.takeRerouted()
        if !rerouted.isEmpty {
            // What began meanwhile is refused; sessions that were known went over the wrong device.
            do {
                try noteUnguarded("routes led addresses of interfaces elsewhere", devices: rerouted)
                try saveState()
            } catch {
                problems.append("unguarded: \(error)")
            }
        }
        if plumbing.wasCountingOff { records.expectLoss(Array(judgedInterfaces), .uncounted) }
        tellPlumbing()
    }

    func tellPlumbing() {
        problems.removeAll { $0.hasPrefix("devices: ") }
        problems += plumbing.problems.prefix(10).map { "devices: \($0)" }
    }

    /// Ends the sessions that the policy no longer admits, and gives those that another rule admits that rule's mark.
    func cutRevoked() throws -> Int {
        guard configuration.enforces else { return 0 }
        let cutter = SessionCutter(requests: sockets.requests, dumps: sockets.dumps)
        let count = try cutter.cut(
            revision.with(policy: heldPolicy.inForce(at: Timestamp(nanoseconds: SystemClock.realtime))), state.indexes
        ) {
            try records.noteMoves($0, to: revision.number)
        }
        cutsDue.removeDue()
        state.cutsDue = cutsDue.kept
        try attempt("state", saveState)
        return count
    }

    /// Sessions from before an interface was bound were never judged: their next packet is.
    func cutUnjudged(_ interfaces: Set<Identifier<Interface>>) throws {
        guard configuration.enforces, !interfaces.isEmpty else { return }
        let concerned = heldPolicy.vpcs.flatMap(\.instances).flatMap(\.interfaces).filter { interfaces.contains($0.id) }
        let addresses = Set(concerned.flatMap(\.allAddresses))
        let blocks = concerned.flatMap(\.allPrefixes)
        try UnjudgedSessions(requests: sockets.requests, dumps: sockets.dumps).cut { address in
            addresses.contains(address) || blocks.contains { $0.contains(address) }
        }
        records.expectLoss(Array(interfaces), .beforeBinding)
    }
}

import Attribution
import Capture
import Delivery
import Enforcement
package import Host
import Link
import Model
import Netlink
import Spools

/// A host's loop: one thread that owns rules, capture and books.
///
/// At start the last good revision goes into the kernel before anything else. When the loop ends, by signal or request, all
/// that is known goes on disk, and the rules stay.
package final class Agent {
    let configuration: AgentConfiguration
    /// The host's name in records, events, receipts and status.
    let host: String
    let startedAt = SystemClock.realtime
    private let lock: FolderClaim
    let sockets: KernelSockets
    let enforcer: Enforcer
    let revisions: RevisionStore
    let records: RecordPipeline
    var events: EventPipeline
    let delivery: DeliveryService
    private let control: ControlSocket
    /// Where `/metrics` is answered, if it is.
    private let metricsSocket: MetricsSocket?
    private var metrics = Metrics()
    private let store: DescriptorStore
    private(set) var plumbing: PlumbingWatch

    var state: AgentState
    private(set) var revision: Revision
    private(set) var binding = DeviceBinding()
    private(set) var catalogue: Catalogue
    private var bindings: BindingHistory
    /// Which collectors have this host's interfaces.
    private var ownership: Ownership
    private(set) var problems: [String] = []
    private(set) var repairs = 0
    private(set) var lastDrift: String?
    /// When sessions that a change let go on for a while are to be cut.
    private var cutsDue: [Int64] = []
    var isStopping = false
    /// A window's end at which everything was to be delivered.
    private var flushed: Timestamp?
    /// Records that went to make room before they were delivered.
    private(set) var undelivered: UInt64 = 0
    /// Whether the state on disk is behind, for it could not be written.
    private var isStateUnsaved = false

    package init(_ configuration: AgentConfiguration, inherited: [String: Int32], store: DescriptorStore) throws {
        self.configuration = configuration
        self.store = store
        host = configuration.host
        let folder = configuration.folder
        try DurableFile.makeFolder(folder.path)
        try DurableFile.makeFolder(folder.journals)
        lock = try Self.lock(folder)
        let beginning = try Beginning(folder)
        (state, revision, catalogue) = (beginning.state, beginning.revision, beginning.catalogue)
        problems = beginning.problems
        for problem in problems { configuration.tell(problem) }
        revisions = RevisionStore(folder)
        plumbing = try PlumbingWatch()
        if configuration.enforces { try Plumbing.set(Plumbing.counting) }
        sockets = try KernelSockets(inherited: inherited, store: store)
        enforcer = Enforcer(program: NftProgram(), socket: sockets.requests, epoch: state.epoch)
        var attributor = Attributor()
        attributor.restore(history: state.history)
        // The rules first; everything else can wait.
        binding = DeviceBinding(revision.policy)
        bindings = try BindingHistory(folder)
        ownership = Ownership(revision.policy, interfaces: Set(binding.devices.keys))
        let existed = configuration.enforces ? try Self.load(enforcer, revision, binding, &state) : false
        state.epoch = enforcer.epoch
        records = try RecordPipeline(configuration, sockets, enforcer, attributor)
        let log = try EventLog(
            folder: folder.path, host: host, catalogue: catalogue, linesPerSecond: configuration.eventsPerSecond,
            settings: configuration.networkLog)
        events = try EventPipeline(socket: sockets.log, journalPath: folder.journals + "/log", log: log)
        events.log.learn(catalogue, revision)
        delivery = DeliveryService(folder, windowLength: configuration.window, log: configuration.tell)
        control = try ControlSocket(path: folder.controlSocket)
        metricsSocket = try configuration.metrics.map { try MetricsSocket(port: $0.port, isIPv6: $0.isIPv6) }
        try saveState()
        adoptInAttributor(at: startedAt)
        connectDevices()
        if configuration.enforces {
            try noteBinding(at: startedAt)
            try records.catchUp()
            if existed, !sockets.isContinued { records.expectLoss(Array(binding.devices.keys), .notListening) }
            if !existed {
                records.noteNewTable()
                try cutUnjudged(Set(binding.devices.keys))
            } else if beginning.isStateLost {
                // Their marks name rules by indexes that other rules have now.
                try cutUnjudged(Set(binding.devices.keys))
            }
        }
    }

    private static func lock(_ folder: DataFolder) throws -> FolderClaim {
        do {
            return try FolderClaim.take(folder.lock)
        } catch let error as FolderClaim.Taken {
            throw AgentError.alreadyRunning(folder.path, pid: error.pid)
        }
    }

    /// Puts the last good revision into the kernel; tells whether the kernel had a table of ours already.
    private static func load(
        _ enforcer: Enforcer, _ revision: Revision, _ binding: DeviceBinding, _ state: inout AgentState
    ) throws -> Bool {
        let plan = try HostPlan(revision.policy, devices: binding.names, indexes: &state.indexes)
        let existed = try enforcer.hasTable()
        _ = try enforcer.load(plan)
        return existed
    }

    // MARK: The loop

    /// Runs until a signal or a request ends it.
    package func run(signals: SignalDescriptor) throws {
        try store.tell("READY=1\nSTATUS=revision \(revision.number)")
        if configuration.enforces { wakeDelivery() }
        var nextSecond = SystemClock.monotonic
        while !isStopping {
            let untilWindow = records.windowEnd - SystemClock.realtime
            let wait = min(max(untilWindow, 0), max(nextSecond - SystemClock.monotonic, 0))
            let ready = try Polling.wait(
                [
                    sockets.log.number, sockets.ended.number, control.number, signals.number, plumbing.number,
                    metricsSocket?.number ?? -1,
                ],
                timeoutNanoseconds: plumbing.hasRepair ? min(wait, plumbing.repairDelay) : wait)
            // Ends before announcements: a tuple's next use must not meet the last one's counts.
            if ready[1] { try attempt("ended connections") { _ = try records.drainEnded() } }
            if ready[0] { try attempt("events") { try events.drain(&records.recorder) } }
            // Also when nothing is ready: who takes too long is let go.
            try attempt("control") { try control.serve(answer) }
            if let metricsSocket {
                try attempt("metrics") {
                    try metricsSocket.serve { metrics.text(status, spoolBytes: records.spool.bytes) }
                }
            }
            if ready[4] { try attempt("plumbing") { try plumbing.listen() } }
            if configuration.enforces, plumbing.hasRepair, plumbing.repairDelay == 0 { repairPlumbing() }
            while let signal = signals.next() { try handle(signal) }
            if SystemClock.realtime >= records.windowEnd { try attempt("window") { try closeWindow() } }
            if SystemClock.monotonic >= nextSecond {
                nextSecond = SystemClock.monotonic + 1_000_000_000
                try attempt("upkeep", keepUp)
            }
        }
        try attempt("events") { try events.drain(&records.recorder) }
        try attempt("window") { if configuration.enforces { try records.closeWindow() } }
        delivery.stop()
        try store.tell("STOPPING=1")
    }

    /// Does a step of the loop; what fails is told and tried again by the next round, with nothing lost.
    func attempt(_ name: String, _ body: () throws -> Void) throws {
        do {
            try body()
            problems.removeAll { $0.hasPrefix(name + ": ") }
        } catch let error as SystemError where error.code == SystemError.badDescriptor {
            throw error
        } catch {
            metrics.noteFailure(of: name)
            problems.removeAll { $0.hasPrefix(name + ": ") }
            problems.append("\(name): \(error)")
        }
    }

    private func handle(_ signal: Int32) throws {
        if signal == SignalDescriptor.hangUp {
            // After a fault of the settings too: somebody may have moved the files away.
            if !takeNetworkLog() { try attempt("event logs") { try events.log.reopen(events.log.settings) } }
        } else {
            isStopping = true
        }
    }

    /// Reads the settings of Neutron's log anew and goes on with them; of a file with a fault nothing is taken.
    ///
    /// - Returns: Whether the event logs are open anew.
    private func takeNetworkLog() -> Bool {
        guard let file = configuration.networkLogFile else { return false }
        do {
            try events.log.reopen(try NetworkLogSettings(file: file))
            configuration.tell("config file \(file): taken")
            return true
        } catch {
            configuration.tell("config file \(file): not taken: \(error)")
            return false
        }
    }

    /// What is due once a second: commits, drift, devices, delayed cuts, losses that can be stated.
    private func keepUp() throws {
        try records.drainEnded()
        try records.commit()
        try events.drain(&records.recorder)
        guard configuration.enforces else { return }
        delivery.startDue()
        tellForgotten()
        if isStateUnsaved { try saveState() }
        try enforcer.tidy()
        if let drift = try enforcer.drift() {
            try enforcer.repair()
            if drift == Enforcer.tableIsGone { records.noteNewTable() }
            state.epoch = enforcer.epoch
            repairs += 1
            lastDrift = drift
            try saveState()
        }
        try rebindDevices()
        plumbing.look(connects: configuration.connectsDevices)
        let now = SystemClock.monotonic
        if cutsDue.contains(where: { $0 <= now }) {
            cutsDue.removeAll { $0 <= now }
            _ = try cutRevoked()
        }
        if records.hasPendingLoss, try records.maySettle() { try records.settle(try records.readBooks()) }
    }

    /// Closes the window: when it is over, or early, at this instant.
    func closeWindow(early: Bool = false) throws {
        try attempt("events") { try events.drain(&records.recorder) }
        guard configuration.enforces else { return }
        try records.closeWindow(early: early)
        if !early { wakeDelivery() }
    }

    /// Has everything delivered that there is now, or what is due.
    func wakeDelivery(flushes: Bool = false) {
        let closed = records.closedUntil
        // What waits for its interval must not push out what it waits with.
        let isCrowded = records.spool.bytes(after: delivery.deliveredSequence) > configuration.spoolBytes / 2
        if flushes || isCrowded { flushed = closed }
        let latest = max(state.history.keys.max() ?? 0, bindings.states.last?.since ?? 0, SystemClock.realtime)
        delivery.wake(
            .init(
                revision: revision, catalogue: catalogue,
                history: HostHistory(
                    configuration.folder, revisions: state.history, bindings: bindings, present: revision),
                instant: max(closed, Timestamp(nanoseconds: latest)), closedUntil: closed, flushed: flushed))
    }

    /// Says which records went to make room before they were delivered.
    private func tellForgotten() {
        guard let gone = records.takeForgotten() else { return }
        let delivered = delivery.deliveredSequence
        guard delivered < gone.upperBound - 1 else { return }
        let count = gone.upperBound - max(gone.lowerBound, delivered + 1)
        undelivered += count
        configuration.tell("spool: \(count) records went to make room before they were delivered; their objects say so")
    }

    // MARK: Changes

    /// Makes a policy the next revision: on disk, then in the kernel, or nothing.
    func apply(_ policy: Policy, actor: String, origin: String, sessions: SessionFate) throws -> Receipt {
        guard revision.notes == nil else { throw AgentError.governed }
        return try adopt(
            revision.next(
                policy: policy, actor: actor, origin: origin, at: Timestamp(nanoseconds: SystemClock.realtime)),
            sessions: sessions)
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

    private func adopt(_ next: Revision, sessions: SessionFate) throws -> Receipt {
        let decided = SystemClock.monotonic
        let nextBinding = DeviceBinding(next.policy)
        var indexes = state.indexes
        try reclaimIndexes(&indexes, for: next.policy)
        let plan = try HostPlan(next.policy, devices: nextBinding.names, indexes: &indexes)
        // Names before marks: whatever the kernel writes down after the change can be read after a crash.
        try revisions.save(next)
        var nextState = state
        nextState.indexes = indexes
        try nextState.save(configuration.folder)
        let nextOwnership = Ownership(next.policy, interfaces: Set(nextBinding.devices.keys))
        let isMoving = ownership.differs(from: nextOwnership, for: binding.devices.keys)
        // A change of policy does not wait for what cannot be recorded.
        if isMoving { try attempt("window") { try closeWindow(early: true) } }
        let method: Enforcer.Method
        do {
            method = configuration.enforces ? try enforcer.apply(plan) : .nothing
        } catch {
            try DurableFile.remove(configuration.folder.revision(next.number))
            throw error
        }
        let appliedAt = max(SystemClock.realtime, records.closedUntil.nanoseconds + 1)
        let took = SystemClock.monotonic - decided
        nextState.revision = next.number
        nextState.devices = Beginning.devices(next.policy)
        nextState.epoch = enforcer.epoch
        nextState.history[appliedAt] = next.number
        state = nextState
        let bound = Set(nextBinding.devices.keys).subtracting(binding.devices.keys)
        let former = binding
        (revision, binding, ownership) = (next, nextBinding, nextOwnership)
        // What is in the kernel is in force, also where it cannot be written down now.
        try attempt("state", saveState)
        try attempt("bindings") { try bindings.note(Set(binding.devices.keys), at: appliedAt) }
        // A revision is in force that can be read.
        problems.removeAll { $0.hasPrefix("start: ") }
        learnRevision(at: appliedAt, former: former)
        if isMoving { wakeDelivery() }
        try cutUnjudged(bound)
        var cuts = 0
        switch sessions {
        case .cut: cuts = try cutRevoked()
        case .drain: break
        case .cutAfter(let seconds):
            cutsDue.append(SystemClock.monotonic + Int64(seconds * 1e9))
        }
        let receipt = Receipt(
            revision: next.number, host: host, actor: next.actor, appliedAt: Timestamp(nanoseconds: appliedAt),
            method: method.rawValue, microseconds: Int(took / 1000), cutSessions: cuts,
            missingDevices: nextBinding.missing)
        state.receipt = receipt
        try attempt("state", saveState)
        return receipt
    }

    private func saveState() throws {
        isStateUnsaved = true
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
    private func noteBinding(at instant: Int64) throws {
        let bound = Set(binding.devices.keys)
        if !bindings.present.subtracting(bound).isEmpty { try attempt("window", records.markClosed) }
        try attempt("bindings") {
            try bindings.note(bound, at: max(instant, records.closedUntil.nanoseconds + 1))
        }
    }

    /// Takes indexes back from rules that are gone, when few are left and no connection bears them.
    private func reclaimIndexes(_ indexes: inout RuleIndexes, for policy: Policy) throws {
        let wanted = policy.indexedRules
        guard Direction.allCases.contains(where: { indexes.remaining($0) < wanted.count + 1000 }) else { return }
        var borne: Set<UInt32> = []
        try ConnectionTracking.dump(sockets.dumps) { borne.insert($0.mark) }
        indexes.reclaim(wanted: wanted.union(revision.policy.indexedRules), borne: borne)
    }

    private func learnRevision(at instant: Int64, former: DeviceBinding) {
        catalogue.learn(revision)
        events.log.learn(catalogue, revision)
        adoptInAttributor(at: instant)
        let gone = Set(former.devices.values.map(\.name)).subtracting(binding.devices.values.map(\.name))
        connectDevices(obsolete: Array(gone))
    }

    private func adoptInAttributor(at instant: Int64) {
        var ports: [(port: Attributor.Port, addresses: [IPAddress], deviceNumber: UInt32)] = []
        for vpc in revision.policy.vpcs {
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let device = binding.devices[interface.id] else { continue }
                ports.append(
                    (.init(interface, device: device.name, groups: vpc.groups), interface.addresses, device.number))
            }
        }
        let indexes = state.indexes
        records.recorder.attributor = records.recorder.attributor.adopting(
            revision: revision.number, at: state.history.first { $0.value == revision.number }?.key ?? instant,
            ports: ports, ruleCount: 65_536 - (Direction.allCases.map(indexes.remaining).min() ?? 0),
            ruleAt: indexes.rule)
    }

    private func connectDevices(obsolete: [String] = []) {
        guard configuration.connectsDevices, configuration.enforces else { return }
        var ports: [Plumbing.Port] = []
        for vpc in revision.policy.vpcs {
            let subnets = Dictionary(vpc.subnets.map { ($0.name, $0.prefixes) }) { first, _ in first }
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let device = binding.devices[interface.id] else { continue }
                ports.append(
                    .init(device: device.name, addresses: interface.addresses, subnet: subnets[interface.subnet] ?? []))
            }
        }
        let numbers = Dictionary(
            binding.devices.values.map { ($0.number, $0.name) }, uniquingKeysWith: { first, _ in first })
        plumbing.connect(ports, numbers: numbers, obsolete: obsolete)
        tellPlumbing()
    }

    private func repairPlumbing() {
        lastDrift = plumbing.repair(connects: configuration.connectsDevices)
        repairs += 1
        tellPlumbing()
    }

    private func tellPlumbing() {
        problems.removeAll { $0.hasPrefix("devices: ") }
        problems += plumbing.problems.prefix(10).map { "devices: \($0)" }
    }

    /// Notices devices that came, went, or were made anew under their name.
    private func rebindDevices() throws {
        let found = DeviceBinding(revision.policy)
        guard found != binding else { return }
        let former = binding
        let plan = try HostPlan(revision.policy, devices: found.names, indexes: &state.indexes)
        let bound = Set(found.devices.keys)
        let nextOwnership = Ownership(revision.policy, interfaces: bound)
        let isMoving = ownership.differs(from: nextOwnership, for: former.devices.keys)
        if isMoving { try attempt("window") { try closeWindow(early: true) } }
        if found.names != former.names { _ = try enforcer.apply(plan) }
        (binding, ownership) = (found, nextOwnership)
        state.epoch = enforcer.epoch
        try attempt("state", saveState)
        try attempt("bindings") {
            try bindings.note(bound, at: max(SystemClock.realtime, records.closedUntil.nanoseconds + 1))
        }
        learnRevision(at: SystemClock.realtime, former: former)
        if isMoving { wakeDelivery() }
        try cutUnjudged(Set(found.devices.keys).subtracting(former.devices.keys))
    }

    private func cutRevoked() throws -> Int {
        guard configuration.enforces else { return 0 }
        let indexes = state.indexes
        return try SessionCutter(requests: sockets.requests, dumps: sockets.dumps).cut(
            revision.policy, rule: indexes.rule)
    }

    /// Sessions from before an interface was bound were never judged: their next packet is.
    private func cutUnjudged(_ interfaces: Set<Identifier<Interface>>) throws {
        guard configuration.enforces, !interfaces.isEmpty else { return }
        let addresses = revision.policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).filter {
            interfaces.contains($0.id)
        }.flatMap(\.addresses)
        try UnjudgedSessions(requests: sockets.requests, dumps: sockets.dumps).cut(Set(addresses))
        records.expectLoss(Array(interfaces), .beforeBinding)
    }
}

import Attribution
import Capture
import Delivery
import Enforcement
package import Host
import Link
import Model
import Netlink
import Sinks
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
    let sinks: SinkService
    private let control: ControlSocket
    /// Where `/metrics` is answered, if it is.
    private let metricsSocket: MetricsSocket?
    private let metrics: Metrics
    private let store: DescriptorStore
    /// Hears of changes to our table.
    let tableWatch: TableWatch
    var plumbing: PlumbingWatch
    /// Who claims addresses that several may use.
    var claims = AddressClaims()
    /// Other tables that drop behind ours.
    private(set) var foreign: ForeignDropWatch
    /// The host's devices.
    var devices: DeviceTable
    var deviceCounts = DeviceCounts()
    /// The way to the control plane, as interfaces were bound by it last.
    var managementPath = ManagementPath()
    /// Whether devices changed since interfaces were bound to them.
    var areDevicesChanged = false
    /// Whether the kernel told more of devices than could be read.
    var areDevicesUnknown = false

    var state: AgentState
    var revision: Revision
    var binding: DeviceBinding
    var catalogue: Catalogue
    var bindings: BindingHistory
    /// Which collectors have this host's interfaces.
    var ownership: Ownership
    var problems: [String] = []
    var unguarded: UnguardedSpans
    private let gap: GapNote
    var repairs = 0
    var lastDrift: String?
    /// Between two repairs of the table: who keeps changing it does not keep the agent from its work.
    var tableRepairedAt: Int64 = 0
    private static let repairPauseNanoseconds: Int64 = 200_000_000
    /// When sessions that a change let go on for a while are to be cut.
    var cutsDue: DueCuts
    /// The enterprise rules that were in force when that was looked at last.
    var inForce: Set<Identifier<Rule>>?
    var isStopping = false
    var watchers = WatcherNotes()
    /// A window's end at which everything was to be delivered.
    private var flushed: Timestamp?
    /// Records that went to make room before they were delivered.
    private(set) var undelivered: UInt64 = 0
    /// Whether the state on disk is behind, for it could not be written.
    var isStateUnsaved = false

    package init(_ configuration: AgentConfiguration, inherited: [String: Int32], store: DescriptorStore) throws {
        self.configuration = configuration
        self.store = store
        host = configuration.host
        metrics = Metrics(configuration.store)
        let folder = configuration.folder
        try DurableFile.makeFolder(folder.path)
        try DurableFile.makeFolder(folder.journals)
        lock = try Self.lock(folder)
        // What the former agent wrote last, it wrote while its rules stood.
        let lastSign = try [folder.state, folder.snapshot].compactMap { try DurableFile.modifiedAt($0) }.max()
        let beginning = try Beginning(folder)
        (state, revision, catalogue) = (beginning.state, beginning.revision, beginning.catalogue)
        cutsDue = DueCuts(state.cutsDue ?? [])
        problems = beginning.problems
        revisions = RevisionStore(folder)
        unguarded = UnguardedSpans(state.unguarded ?? [])
        gap = GapNote(folder.path)
        if configuration.enforces { try FormerState.shared.begin(file: folder.formerState) }
        plumbing = try PlumbingWatch()
        // What changes after this is told to the watch.
        devices = try DeviceTable()
        tableWatch = try TableWatch(.gatehouse, .ports)
        if configuration.enforces { try Plumbing.set(Plumbing.counting) }
        sockets = try KernelSockets(inherited: inherited, store: store)
        enforcer = Enforcer(
            program: NftProgram(), socket: sockets.requests, epoch: state.epoch, watch: tableWatch)
        foreign = ForeignDropWatch(program: NftProgram(), socket: sockets.requests)
        var attributor = Attributor()
        attributor.restore(history: state.history)
        if state.indexes.isEmpty, configuration.enforces {
            // Sessions bear marks of a time whose rules nobody knows: they must not be taken for today's.
            var borne: Set<UInt32> = []
            try ConnectionTracking.dump(sockets.dumps) { borne.insert($0.mark) }
            state.indexes.avoid(borne)
            if !borne.subtracting([0]).isEmpty { cutsDue.add(.cut) }
        }
        // What another revision admitted than the one that is enforced.
        if !beginning.problems.isEmpty { cutsDue.add(.cut) }
        managementPath = try ManagementPath(to: configuration.servers(), devices.tables)
        // The rules first; everything else can wait.
        binding = try DeviceBinding(
            revision.policy, &devices, former: DeviceBinding(held: beginning.held),
            limits: configuration.limits(of: revision.policy, managementPath))
        problems += ClaimCheck(revision.policy, devices).problems(of: revision)
        for problem in problems { configuration.tell(problem) }
        for device in binding.held.keys { catalogue.learn(held: device) }
        bindings = try BindingHistory(folder)
        problems += bindings.problems
        ownership = Ownership(revision.policy, interfaces: Set(binding.devices.keys))
        let left = gap.left(else: lastSign ?? startedAt)
        if configuration.enforces, state.revision > 0, try !enforcer.hasTable() {
            gap.write(since: lastSign ?? startedAt)
        }
        let existed = configuration.enforces ? try Self.load(enforcer, revision, binding, &state) : false
        state.epoch = enforcer.epoch
        records = try RecordPipeline(configuration, sockets, enforcer, attributor)
        let log = try EventLog(
            folder: folder.path, host: host, catalogue: catalogue, linesPerSecond: configuration.eventsPerSecond,
            settings: configuration.networkLog)
        events = try EventPipeline(socket: sockets.log, journalPath: folder.journals + "/log", log: log)
        if events.wasDamaged {
            problems.append("start: \(folder.journals)/log cannot be read; events that waited in it are in no log")
        }
        events.log.learn(catalogue, revision)
        delivery = DeliveryService(
            folder, windowLength: configuration.window, signer: configuration.manifestSigner,
            metrics: DeliveryMetrics(configuration.store),
            log: configuration.tell)
        sinks = SinkService(folder, tell: configuration.tell)
        control = try ControlSocket(path: folder.controlSocket)
        metricsSocket = try configuration.metrics.map { try MetricsSocket(port: $0.port, isIPv6: $0.isIPv6) }
        try saveState()
        adoptInAttributor(at: startedAt)
        tellUntrackedPorts()
        connectDevices()
        handOverBridges()
        listenForClaims()
        if configuration.enforces, !existed, !binding.names.isEmpty || !binding.held.isEmpty, state.revision > 0 {
            try noteUnguarded(
                "no rules of ours were in the kernel when the agent started", since: lastSign ?? startedAt)
        }
        if configuration.enforces, let left {
            try noteUnguarded("an agent was killed while it put missing rules back", since: left)
        }
        try saveState()
        try noteNotEnforced(since: startedAt)
        if configuration.enforces {
            try noteBinding(at: startedAt)
            // What fails now is tried again by the loop: an agent that ends leaves its host without one.
            try attempt("window", records.catchUp)
            if records.hasDamage { records.expectLoss(Array(binding.devices.keys), .damaged) }
            if existed, !sockets.isContinued { records.expectLoss(Array(binding.devices.keys), .notListening) }
            if !existed { try attempt("table", noteNewTable) }
        }
        if !isStateUnsaved { gap.remove() }
        adoptSinks()
    }

    private static func lock(_ folder: DataFolder) throws -> FolderClaim {
        do {
            return try FolderClaim.take(folder.lock)
        } catch let error as FolderClaim.Taken {
            throw AgentError.alreadyRunning(folder.path, pid: error.pid)
        }
    }

    /// Puts the last good revision into the kernel; tells whether counters of a table that the kernel had go on.
    private static func load(
        _ enforcer: Enforcer, _ revision: Revision, _ binding: DeviceBinding, _ state: inout AgentState
    ) throws -> Bool {
        let leases = state.leases ?? Leases()
        let plan = try binding.plan(
            revision.policy.leasing(leases.present), claims: state.claims, counted: leases.counted,
            indexes: &state.indexes)
        return try enforcer.load(plan) == .amended
    }

    // MARK: The loop

    /// Runs until a signal or a request ends it.
    package func run(signals: SignalDescriptor) throws {
        try store.tell("READY=1\nSTATUS=revision \(revision.number)")
        if configuration.enforces { wakeDelivery() }
        var nextSecond = SystemClock.monotonic
        while !isStopping {
            let untilWindow = records.windowEnd - SystemClock.realtime
            let wait = min(
                max(untilWindow, 0), max(nextSecond - SystemClock.monotonic, 0), claims.pauseNanoseconds ?? .max)
            let fixed = [
                sockets.log.number, sockets.ended.number, control.number, signals.number, plumbing.number,
                metricsSocket?.number ?? -1, tableWatch.number,
            ]
            let ready = try Polling.wait(
                fixed + claims.watch.numbers(),
                timeoutNanoseconds: plumbing.hasRepair ? min(wait, plumbing.repairDelay) : wait)
            // Devices before what came over them.
            if ready[4] { try attempt("plumbing", listen) }
            if ready[6] { try attempt("table", lookAtTable) }
            try attempt("claims") { try hear(ready.dropFirst(fixed.count)) }
            // Ends before announcements: a tuple's next use must not meet the last one's counts.
            if ready[1] { try attempt("ended connections") { _ = try records.drainEnded() } }
            if ready[0] { try attempt("events") { try events.drain(&records.recorder) } }
            // Also when nothing is ready: who takes too long is let go.
            try attempt("control") { try control.serve(answer) }
            if let metricsSocket {
                try attempt("metrics") {
                    try metricsSocket.serve {
                        metrics.text(
                            status, sinks: sinks.reports, spoolBytes: records.spool.bytes,
                            unguardedSpans: unguarded.count)
                    }
                }
            }
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
        sinks.stop()
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
        // Devices before what came over them, also where the agent was held up since the loop looked.
        try listen()
        try records.drainEnded()
        try records.commit()
        try events.drain(&records.recorder)
        guard configuration.enforces else { return }
        try records.lookAtCheck()
        delivery.startDue()
        tellForgotten()
        if isStateUnsaved { try saveState() }
        try repairTable()
        try enforcer.tidy()
        if areDevicesUnknown { try listen() }
        try lookAtManagementPath()
        try rebindDevices()
        try endAttachments()
        try attempt("leases", endLeases)
        try attempt("schedules", keepSchedules)
        try compareCounts()
        try foreign.look()
        try events.listen(forTranslations: foreign.mayTranslate)
        plumbing.look(connects: configuration.connectsDevices)
        handOverBridges()
        if cutsDue.isDue { _ = try cutRevoked() }
        if records.hasPendingLoss, try records.maySettle() { try records.settle(try records.readBooks()) }
    }

    /// Says which devices moved what no rule saw.
    private func compareCounts() throws {
        guard deviceCounts.isDue, !binding.devices.isEmpty else { return }
        // A bridge's port moves what is no packet of its own as well.
        let bound = Set(binding.devices.filter { binding.bridged[$0.key] == nil }.values.map(\.number))
        let found = deviceCounts.compare(
            try devices.readCounts().filter { bound.contains($0.number) }, rules: try records.deviceCounts(),
            now: SystemClock.realtime)
        problems.removeAll { $0.hasPrefix("counts: ") }
        problems += found.prefix(10).map { "counts: \($0.words)" }
    }

    /// Looks at once at what somebody did to our table.
    private func lookAtTable() throws {
        guard try enforcer.wasTouched(), configuration.enforces,
            SystemClock.monotonic >= tableRepairedAt + Self.repairPauseNanoseconds
        else { return }
        try repairTable()
    }

    /// Puts the table back where somebody changed it, and says what was unguarded meanwhile.
    ///
    /// Also before books are read: what passed unguarded must not be taken for something that nothing explains.
    func repairTable() throws {
        let asked = SystemClock.realtime
        let drift: String
        switch try enforcer.drift() {
        case .same: return unguarded.wasWell(at: asked)
        case .untold: return
        case .found(let words): drift = words
        }
        gap.write(since: unguarded.lastWell)
        let isNew = try enforcer.repair() == .new
        tableRepairedAt = SystemClock.monotonic
        repairs += 1
        lastDrift = drift
        try noteUnguarded("somebody changed the table \(TableName.gatehouse): \(drift)")
        state.epoch = enforcer.epoch
        if isNew { try noteNewTable() }
        try saveState()
        if !isStateUnsaved { gap.remove() }
    }

    /// To be called when the kernel's counters begin at zero.
    private func noteNewTable() throws {
        try records.noteNewTable()
        // What began meanwhile nobody judged.
        try cutUnjudged(judgedInterfaces)
    }

    /// Changes the kernel to a plan, whatever others do to the table meanwhile.
    func enforce(_ plan: HostPlan) throws -> Enforcer.Method {
        let losesCounters = enforcer.losesCounters(by: plan)
        if losesCounters { try attempt("books", records.observeCounters) }
        let method = try change(to: plan)
        if losesCounters {
            // They are seen to be gone before anybody can make them again, and what was refused is recorded while it is known
            // whose it was.
            try attempt("books", records.observeCounters)
            try attempt("window") { try closeWindow(early: true) }
        }
        return method
    }

    private func change(to plan: HostPlan) throws -> Enforcer.Method {
        do {
            return try enforcer.apply(plan)
        } catch {
            let before = repairs
            try repairTable()
            // Nobody was in the way: it would fail again.
            guard repairs > before else { throw error }
            return try enforcer.apply(plan)
        }
    }

    /// Goes on with the sinks of the revision in force.
    func adoptSinks() {
        sinks.adopt(
            revision.policy.sinks ?? [], names: SinkNames(host: host, catalogue: catalogue), since: revision.number)
    }

    /// Closes the window: when it is over, or early, at this instant.
    func closeWindow(early: Bool = false) throws {
        try attempt("events") { try events.drain(&records.recorder) }
        guard configuration.enforces else { return }
        try attempt("table", repairTable)
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
}

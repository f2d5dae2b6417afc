package import Attribution
import Host
import Model
package import Netlink

/// Keeps Gatehouse's table in the kernel as a plan wants it.
///
/// One owner: not for use from two threads. Every method leaves the kernel either as before or as wanted.
package final class Enforcer {
    let program: NftProgram
    let table: RuleTable
    let portTable: RuleTable
    /// Hears of changes to the table by others, where it is watched.
    private let watch: TableWatch?
    let countingSets: [CountingSet]
    /// Whether the table has the sets of the enterprise policy: they stay once they were made, so that no count is lost.
    package private(set) var countsBlocks = false
    var plan: HostPlan?
    /// What the kernel holds, as we made it; nil before the first load.
    var current: Ruleset?
    private var obsolete: Ruleset?
    /// Elements of the `former` maps of ports that got a profile with a new chain.
    private var former: [(map: SetName, element: Ruleset.Element)] = []
    /// How nft prints what we made; nil after a change of ours, until `drift` has taken a new one.
    var listing: TableListing?
    private var rulesetNumber: UInt32 = 0
    /// Whether packets may be under way that began before our last transaction, or that of a process before.
    private var needsGrace = true
    package private(set) var epoch: Int
    package internal(set) var generation: UInt32 = 0

    /// How a change was made, each way with more of the table than the one before it.
    package enum Method: String, Sendable, Codable, CaseIterable, Comparable {
        case nothing
        case elements
        case rules
        case switched
        case whole

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        package static func < (lhs: Method, rhs: Method) -> Bool { lhs.rank < rhs.rank }
    }

    /// * `epoch`: the epoch of the table that an earlier process left, as `epoch` told it.
    /// * `watch`: hears of the table in the same network namespace.
    /// * `countingSets`: what the table counts in.
    package init(
        program: NftProgram, socket: NetfilterSocket, epoch: Int, watch: TableWatch? = nil,
        countingSets: [CountingSet] = CountingSet.all
    ) {
        self.countingSets = countingSets
        self.program = program
        self.epoch = epoch
        self.watch = watch
        table = RuleTable(.gatehouse, socket: socket)
        portTable = RuleTable(.ports, socket: socket)
    }

    /// Whether the kernel has a table of ours.
    package func hasTable() throws(EnforcementError) -> Bool { try program.has(.gatehouse) }

    /// What became of the kernel's counters when a plan was loaded.
    package enum Loading: Equatable, Sendable {
        /// There was no table, or one that could not be amended: all counters begin at zero.
        case new
        /// Counters of devices that stay are kept.
        case amended
    }

    /// So often a table that others change while it is read is read anew.
    private static let readings = 4

    /// Makes the kernel enforce the plan, whatever it held before and whoever changes it meanwhile: used at start and to
    /// repair.
    @discardableResult
    package func load(_ plan: HostPlan) throws(EnforcementError) -> Loading {
        for _ in 0..<Self.readings {
            let before = try number()
            do {
                return try amend(plan)
            } catch {
                // What somebody took away between the reading and the transaction is not there to be changed.
                if try number() == before { break }
            }
        }
        // What is there cannot be amended: a set of ours has another type, or somebody is quicker than we are.
        return try replace(plan)
    }

    private func amend(_ plan: HostPlan) throws(EnforcementError) -> Loading {
        guard let actual = try readActual() else { return try replace(plan) }
        let generation = try readGeneration()
        // Who lost his state does not know which names are taken.
        let next = max(epoch, actual.sets.keys.compactMap(\.listedEpoch).max() ?? 0) + 1
        if actual.sets.keys.contains(where: Self.isOfEnterprise) { countsBlocks = true }
        let wanted = render(plan, epoch: next, generation: generation)
        try commit(ScriptWriter.hooks(of: wanted, in: actual) + ScriptWriter.script(from: actual, to: wanted))
        epoch = next
        self.generation = generation
        hold(plan, wanted, obsolete: actual)
        return .amended
    }

    /// Makes the whole table anew in one transaction, which needs nothing of what the kernel held.
    private func replace(_ plan: HostPlan) throws(EnforcementError) -> Loading {
        let wanted = render(plan, epoch: epoch, generation: 0)
        // One that an earlier plan needed would refuse what this one does not know of.
        let hasFormer = try program.has(.ports)
        let former = hasFormer && !wanted.hasPorts ? "delete table \(TableName.ports)\n" : ""
        try commit(former + ScriptWriter.whole(wanted) + ScriptWriter.note(generation: 0))
        generation = 0
        hold(plan, wanted, obsolete: nil)
        return .new
    }

    private func render(_ plan: HostPlan, epoch: Int, generation: UInt32) -> Ruleset {
        if plan.enterprise != nil { countsBlocks = true }
        return RulesetRenderer.render(
            plan, epoch: epoch, generation: generation, sets: countingSets, countsBlocks: countsBlocks)
    }

    private static func isOfEnterprise(_ set: SetName) -> Bool {
        if case .counting(let set, _) = set, case .blocked = set.meaning { true } else { false }
    }

    private func hold(_ plan: HostPlan, _ ruleset: Ruleset, obsolete: Ruleset?) {
        (self.plan, current, self.obsolete) = (plan, ruleset, obsolete)
        former = []
        listing = nil
    }

    /// Changes the kernel from the present plan to the next.
    ///
    /// - Returns: how it was done; of several changes the strongest.
    package func apply(_ next: HostPlan) throws(EnforcementError) -> Method {
        guard current != nil, let plan else {
            try load(next)
            return .whole
        }
        if plan == next { return .nothing }
        guard plan.edges != next.edges, plan.with([]) != next.with([]) else { return try change(to: next) }
        // Edges and groups are asked at two hooks. A packet between them must not pass the old edge and the new groups,
        // so while the groups change it has to pass both edges.
        let both = plan.edges(andOf: next)
        do {
            let methods = [
                try change(to: plan.with(both)), try change(to: next.with(both)), try change(to: next),
            ]
            return methods.max() ?? .nothing
        } catch {
            if self.plan != plan { try load(plan) }
            throw error
        }
    }

    /// See `HostPlan.losesCounters(by:)`.
    package func losesCounters(by next: HostPlan) -> Bool { plan?.losesCounters(by: next) ?? false }

    private func change(to next: HostPlan) throws(EnforcementError) -> Method {
        guard let plan else {
            try load(next)
            return .whole
        }
        if plan == next { return .nothing }
        try tidy()
        // One interface in other groups and nothing else, or other rules and nothing else: the most frequent changes do
        // without drawing the whole table up again.
        let method: Method
        switch plan.smallChange(to: next) {
        case .membership(let device, let profile):
            method = try changeMembership(of: device, to: profile) ? .elements : applyWhole(next)
        case .rules(let groups): method = try changeRules(of: groups)
        case .enterprise(let enterprise): method = try changeEnterprise(enterprise)
        case .ports(let change):
            if let made = try changePorts(change) { method = made } else { method = try applyWhole(next) }
        case nil: method = try applyWhole(next)
        }
        self.plan = next
        return method
    }

    /// Gives groups other rules: their chains alone are written anew.
    private func changeRules(of groups: [HostPlan.Group]) throws(EnforcementError) -> Method {
        var chains = RulesetRenderer.chains(of: groups, epoch: epoch)
        if plan?.statelessPorts.isEmpty == false {
            chains.merge(StatelessChains.lists(of: groups, epoch: epoch)) { _, new in new }
        }
        try commit(ScriptWriter.replace(chains))
        current?.chains.merge(chains) { _, new in new }
        listing = nil
        return .rules
    }

    /// Gives the table other enterprise rules: the parts that differ alone are written, beside those that are gone until `tidy`.
    private func changeEnterprise(_ enterprise: EnterprisePlan) throws(EnforcementError) -> Method {
        guard let current else { throw .kernel("no ruleset is loaded") }
        var wanted = current
        wanted.remove(where: EnterpriseChains.holds)
        wanted.merge(EnterpriseChains.render(enterprise, epoch: epoch, beside: current))
        try commit(ScriptWriter.script(from: current, to: wanted))
        obsolete = current.names
        self.current = wanted
        listing = nil
        return .rules
    }

    /// Makes what the table holds of some ports, in time that hardly depends on how many there are.
    ///
    /// - Returns: nil, with nothing changed, when that cannot be made element by element.
    private func changePorts(_ change: PortChange) throws(EnforcementError) -> Method? {
        guard let edit = portEdit(change) else { return nil }
        try commit(edit.steps, chains: edit.chainSteps)
        if !edit.chainSteps.isEmpty { listing = nil }
        changeInPlace { edit.make(in: &$0) }
        return edit.steps.isEmpty ? .nothing : .elements
    }

    /// Found in a function of its own, so that nobody else holds the ruleset while it is changed in place.
    private func portEdit(_ change: PortChange) -> PortEdit? {
        current.flatMap { PortEdit(change, in: $0, epoch: epoch) }
    }

    private func applyWhole(_ next: HostPlan) throws(EnforcementError) -> Method {
        guard let current else {
            try load(next)
            return .whole
        }
        var wanted = render(next, epoch: epoch, generation: generation)
        var method = Method.nothing
        var hasNewChains = true
        switch ChangePlan(from: current, to: wanted) {
        case .none:
            self.plan = next
            return .nothing
        case .elements(let steps, let chains):
            try commit(steps, chains: chains)
            method = .elements
            hasNewChains = !chains.isEmpty
        case .script(let script):
            try commit(script)
            method = .rules
        case .nextEpoch:
            wanted = render(next, epoch: epoch + 1, generation: generation)
            try commit(ScriptWriter.script(from: current, to: wanted))
            epoch += 1
            method = .switched
        }
        obsolete = current.names
        (self.plan, self.current) = (next, wanted)
        if hasNewChains { listing = nil }
        return method
    }

    /// Moves one interface between groups, in time that does not depend on how many there are.
    ///
    /// - Returns: false, with nothing changed, when the change admits more and less at once.
    package func changeMembership(of device: String, to profile: [String]) throws(EnforcementError) -> Bool {
        if !former.isEmpty { try tidy() }
        guard let found = membershipChange(device, profile), try make(found.change) else { return false }
        plan?.setProfile(profile, at: found.place)
        return true
    }

    /// Found in a function of its own, so that nobody else holds plan and ruleset while they are changed in place.
    private func membershipChange(_ device: String, _ profile: [String]) -> (change: MembershipChange, place: Int)? {
        guard let plan, let current, let place = plan.place(ofDevice: device) else { return nil }
        let port = plan.ports[place]
        let isStateless = plan.isStateless(profile)
        // On a bridge there are several maps, and members in both tables.
        guard isStateless == plan.isStateless(port.profile), plan.bridges == nil, port.prefixes.isEmpty
        else { return nil }
        return MembershipChange(port, to: profile, isStateless: isStateless, current, epoch: epoch).map { ($0, place) }
    }

    private func make(_ change: MembershipChange) throws(EnforcementError) -> Bool {
        try commit(change.steps, chains: [])
        former = change.former
        if change.hasNewChains { listing = nil }
        changeInPlace { change.make(in: &$0) }
        return true
    }

    /// Changes our picture of the table. It is held in one place only meanwhile, so that no copy of it is made.
    private func changeInPlace(_ body: (inout Ruleset) -> Void) {
        guard var present = current else { return }
        current = nil
        body(&present)
        current = present
    }

    /// Makes a script once no packet is left that began before our last transaction.
    ///
    /// The kernel tells old rules from new by one bit. A packet that is held up through two transactions (a virtual CPU
    /// can be taken away for milliseconds) would meet the newest rules under the bit that it began with, and be judged by
    /// half of each.
    func commit(_ script: String) throws(EnforcementError) {
        try awaitGrace()
        try program.apply(script)
        needsGrace = true
        try forgetOwnChanges()
    }

    /// Changes elements; chains that they lead to are made before, so that no packet finds one that is empty to it.
    private func commit(_ steps: [RuleTable.Step], chains: [RuleTable.Step]) throws(EnforcementError) {
        for (name, part) in [("new profiles", chains), ("membership change", steps)] where !part.isEmpty {
            try awaitGrace()
            do {
                try table.commit(name, part)
            } catch {
                throw .kernel(error.description)
            }
            needsGrace = true
        }
        try forgetOwnChanges()
    }

    private func awaitGrace() throws(EnforcementError) {
        guard needsGrace else { return }
        do {
            try GracePeriod.wait()
        } catch {
            throw .kernel(error.description)
        }
        needsGrace = false
    }

    /// Deletes what the last change left behind, once no packet can be looking into it any more.
    ///
    /// To be called some milliseconds after a change; the next change calls it as well.
    package func tidy() throws(EnforcementError) {
        try awaitGrace()
        if !former.isEmpty {
            try commit(former.map { .remove(set: $0.map.text, key: $0.element.key) }, chains: [])
            former = []
        }
        if let old = obsolete, let current {
            obsolete = nil
            if let script = ScriptWriter.cleanUp(old, current) {
                try commit(script)
                listing = nil
            }
        }
        // The next change need not wait then.
        try awaitGrace()
    }

    // MARK: Drift

    /// Whether somebody else changed the table since this was asked last, or may have.
    package func wasTouched() throws(EnforcementError) -> Bool {
        do {
            return try watch?.drain() ?? false
        } catch {
            throw .kernel(error.description)
        }
    }

    /// Our own changes are told to us as well. What others changed meanwhile is found by the ruleset's number.
    private func forgetOwnChanges() throws(EnforcementError) { _ = try wasTouched() }

    /// What `drift` says when somebody deleted the whole table: its counters are gone with it.
    package static let tableIsGone = "the table is gone"

    /// How the table in the kernel compares with what we made.
    package enum Drift: Equatable, Sendable {
        /// It is as we made it.
        case same
        /// It is there; whether it is as we made it can be told after `tidy` only.
        case untold
        /// Somebody else changed it; how, in words.
        case found(String)
    }

    /// Whether the table is still as we made it.
    ///
    /// Costs one small request while nobody touched any ruleset.
    package func drift() throws(EnforcementError) -> Drift {
        guard let current else { return .untold }
        let number = try number()
        if listing != nil, number == rulesetNumber { return .same }
        guard obsolete == nil, former.isEmpty else {
            return try program.has(.gatehouse) ? .untold : .found(Self.tableIsGone)
        }
        guard let text = try program.list(.gatehouse) else { return .found(Self.tableIsGone) }
        let ports = current.hasPorts ? try program.list(.ports) : nil
        if current.hasPorts, ports == nil { return .found("the table \(TableName.ports) is gone") }
        let found = TableListing(text, ports: ports)
        if let difference = listing.map({ found.difference(from: $0) }) ?? found.difference(inShapeFrom: current) {
            return .found(difference)
        }
        for (set, wanted) in current.sets where set.writer == .enforcer {
            let keys = Set(try elements(of: set).map(\.key))
            if keys != Set(wanted.keys.map(\.key)) { return .found("the elements of set \(set.text) differ") }
        }
        listing = found
        rulesetNumber = number
        return .same
    }

    /// Puts the present plan back, in one transaction.
    ///
    /// - Returns: What became of the counters; nil before the first load.
    @discardableResult
    package func repair() throws(EnforcementError) -> Loading? {
        guard let plan else { return nil }
        return try load(plan)
    }

    private func number() throws(EnforcementError) -> UInt32 {
        do {
            return try table.rulesetNumber()
        } catch {
            throw .kernel(error.description)
        }
    }

    /// The table as it stands in the kernel, with rules that equal none of ours; nil when there is none.
    private func readActual() throws(EnforcementError) -> Ruleset? {
        guard let text = try program.list(.gatehouse) else { return nil }
        let found = TableListing(text, ports: try program.list(.ports))
        var actual = Ruleset()
        for name in found.chains.keys { actual.chains[name] = .unknown(isBase: found.isBase(name)) }
        let sets =
            found.sets.map { SetName(listed: $0, isMap: $1) }
            + found.portSets.map { SetName(listedOfPorts: $0, isMap: $1) }
        for set in sets {
            // Sets that stay under their name are compared element by element; the others get new names, or are not ours
            // to write.
            let elements =
                set.isKept
                ? try elements(of: set).map {
                    (Ruleset.Element(kernelKey: $0.key, end: $0.end, set.key), Ruleset.Target.nothing)
                } : []
            actual.sets[set] = Dictionary(elements) { first, _ in first }
        }
        return actual
    }
}

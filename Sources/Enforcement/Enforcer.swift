package import Attribution
import Host
import Model
package import Netlink

/// Keeps Gatehouse's table in the kernel as a plan wants it.
///
/// One owner: not for use from two threads. Every method leaves the kernel either as before or as wanted.
package final class Enforcer {
    private let program: NftProgram
    private let table: RuleTable
    private var plan: HostPlan?
    /// What the kernel holds, as we made it; nil before the first load.
    private var current: Ruleset?
    private var obsolete: Ruleset?
    /// Elements of the `former` maps of ports that got a profile with a new chain.
    private var former: [(map: SetName, element: Ruleset.Element)] = []
    /// How nft prints what we made; nil after a change of ours, until `drift` has taken a new one.
    private var listing: TableListing?
    private var rulesetNumber: UInt32 = 0
    /// Whether packets may be under way that began before our last transaction.
    private var needsGrace = false
    package private(set) var epoch: Int
    package private(set) var generation: UInt32 = 0

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
    package init(program: NftProgram, socket: NetfilterSocket, epoch: Int) {
        self.program = program
        self.epoch = epoch
        table = RuleTable(.gatehouse, socket: socket)
    }

    /// Whether the kernel has a table of ours.
    package func hasTable() throws(EnforcementError) -> Bool { try program.list(.gatehouse) != nil }

    /// Makes the kernel enforce the plan, whatever it held before: used at start and to repair.
    ///
    /// Counters of devices that stay are kept.
    package func load(_ plan: HostPlan) throws(EnforcementError) -> Method {
        let actual = try readActual()
        generation = try actual == nil ? 0 : readGeneration()
        if actual != nil { epoch += 1 }
        let wanted = RulesetRenderer.render(plan, epoch: epoch, generation: generation)
        var script = ScriptWriter.script(from: actual, to: wanted)
        if let actual {
            script = ScriptWriter.hooks(of: wanted, in: actual) + script
        } else {
            script += ScriptWriter.note(generation: generation)
        }
        try commit(script)
        (self.plan, current) = (plan, wanted)
        obsolete = actual
        former = []
        listing = nil
        return .whole
    }

    /// Changes the kernel from the present plan to the next.
    ///
    /// - Returns: how it was done; of several changes the strongest.
    package func apply(_ next: HostPlan) throws(EnforcementError) -> Method {
        guard current != nil, let plan else { return try load(next) }
        if plan == next { return .nothing }
        guard plan.edges != next.edges, plan.with([]) != next.with([]) else { return try change(to: next) }
        // Edges and groups are asked at two hooks. A packet between them must not pass the old edge and the new groups,
        // so while the groups change it has to pass both edges.
        let both = plan.edges(andOf: next)
        let methods = [
            try change(to: plan.with(both)), try change(to: next.with(both)), try change(to: next),
        ]
        return methods.max() ?? .nothing
    }

    private func change(to next: HostPlan) throws(EnforcementError) -> Method {
        guard let plan else { return try load(next) }
        if plan == next { return .nothing }
        try tidy()
        // One interface in other groups and nothing else, or other rules and nothing else: the most frequent changes do
        // without drawing the whole table up again.
        let method: Method
        switch plan.smallChange(to: next) {
        case .membership(let device, let profile):
            method = try changeMembership(of: device, to: profile) ? .elements : applyWhole(next)
        case .rules(let groups): method = try changeRules(of: groups)
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

    private func applyWhole(_ next: HostPlan) throws(EnforcementError) -> Method {
        guard let current else { return try load(next) }
        var wanted = RulesetRenderer.render(next, epoch: epoch, generation: generation)
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
            wanted = RulesetRenderer.render(next, epoch: epoch + 1, generation: generation)
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
        guard isStateless == plan.isStateless(port.profile) else { return nil }
        return MembershipChange(port, to: profile, isStateless: isStateless, current, epoch: epoch).map { ($0, place) }
    }

    private func make(_ change: MembershipChange) throws(EnforcementError) -> Bool {
        try commit(change.steps, chains: [])
        former = change.former
        if change.hasNewChains { listing = nil }
        if var present = self.current {
            // Held in one place only, so that the change below is made in it and not in a copy.
            self.current = nil
            change.make(in: &present)
            self.current = present
        }
        return true
    }

    /// Makes a script once no packet is left that began before our last transaction.
    ///
    /// The kernel tells old rules from new by one bit. A packet that is held up through two transactions (a virtual CPU
    /// can be taken away for milliseconds) would meet the newest rules under the bit that it began with, and be judged by
    /// half of each.
    private func commit(_ script: String) throws(EnforcementError) {
        try awaitGrace()
        try program.apply(script)
        needsGrace = true
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

    // MARK: Counting sets

    /// Has rules write into the other generation of the counting sets from now on.
    ///
    /// - Returns: the generation that now stands still. It must be read and recorded before the next call, which
    ///   empties it.
    package func rotate() throws(EnforcementError) -> UInt32 {
        guard let current else { throw .kernel("no ruleset is loaded") }
        let next = generation + 1
        // Not drawn up anew: chains that no interface has at present are still in the kernel, and may be wanted again.
        var wanted = current
        wanted.chains.merge(CountingChains.writers(generation: next)) { _, new in new }
        // Emptied in a transaction before the one that switches: while a transaction takes effect, `update` still finds
        // elements that it deletes, and what they would count would be lost.
        try commit(try emptyingScript(next))
        try commit(ScriptWriter.script(from: current, to: wanted) + ScriptWriter.note(generation: next))
        self.current = wanted
        generation = next
        listing = nil
        return next - 1
    }

    /// Empties the counting sets of a generation that no packet writes into.
    private func emptyingScript(_ generation: UInt32) throws(EnforcementError) -> String {
        var lines: [String] = []
        for set in CountingSet.all {
            let name = SetName.counting(set, generation: generation)
            guard set.isPerPort else {
                lines.append(ScriptWriter.flush(name))
                continue
            }
            // Elements of ports stay; those that have counted are made anew.
            let counted = try elements(of: name).filter { !$0.traffic.isZero }
            lines += ScriptWriter.renew(counted.map { Ruleset.Element(kernelKey: $0.key, name.key) }, in: name)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func readGeneration() throws(EnforcementError) -> UInt32 {
        let elements = try elements(of: .generation)
        // A mark is kept in the host's byte order.
        return elements.first.map { $0.key.reversed().reduce(0) { $0 << 8 | UInt32($1) } } ?? 0
    }

    /// The elements of one of the table's sets.
    package func elements(of set: SetName) throws(EnforcementError) -> [RuleTable.Element] {
        do {
            return try table.elements(of: set.text)
        } catch {
            throw .kernel(error.description)
        }
    }

    /// The elements of a counting set of a generation that stands still, each once.
    package func countedElements(of set: CountingSet, generation: UInt32) throws(EnforcementError) -> [RuleTable
        .Element]
    {
        do {
            return try table.settledElements(
                of: SetName.counting(set, generation: generation).text)
        } catch {
            throw .kernel(error.description)
        }
    }

    // MARK: Drift

    /// What `drift` says when somebody deleted the whole table: its counters are gone with it.
    package static let tableIsGone = "the table is gone"

    /// Whether the table is still as we made it; somebody else's change to it is told in words.
    ///
    /// Costs one small request while nobody touched any ruleset. Before `tidy` nothing is told.
    package func drift() throws(EnforcementError) -> String? {
        guard let current, obsolete == nil, former.isEmpty else { return nil }
        let number = try number()
        if listing != nil, number == rulesetNumber { return nil }
        guard let text = try program.list(.gatehouse) else { return Self.tableIsGone }
        let found = TableListing(text)
        if let difference = listing.map({ found.difference(from: $0) }) ?? found.difference(inShapeFrom: current) {
            return difference
        }
        for (set, wanted) in current.sets where set.writer == .enforcer {
            let keys = Set(try elements(of: set).map(\.key))
            if keys != Set(wanted.keys.map(\.key)) { return "the elements of set \(set.text) differ" }
        }
        listing = found
        rulesetNumber = number
        return nil
    }

    /// Puts the present plan back, in one transaction.
    package func repair() throws(EnforcementError) {
        guard let plan else { return }
        _ = try load(plan)
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
        let found = TableListing(text)
        var actual = Ruleset()
        for name in found.chains.keys { actual.chains[name] = .unknown(isBase: found.isBase(name)) }
        for (name, isMap) in found.sets {
            let set = SetName(listed: name, isMap: isMap)
            // Sets that stay under their name are compared element by element; the others get new names, or are not ours
            // to write.
            let elements =
                set.isKept
                ? try elements(of: set).map {
                    (Ruleset.Element(kernelKey: $0.key, set.key), Ruleset.Target.nothing)
                } : []
            actual.sets[set] = Dictionary(elements) { first, _ in first }
        }
        return actual
    }
}

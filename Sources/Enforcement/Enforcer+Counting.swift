package import Attribution
import Model
package import Netlink

/// The counting sets: the two generations change places, and are read.
extension Enforcer {
    /// The sets that the table counts in at present.
    package var presentCountingSets: [CountingSet] {
        countingSets + (countsBlocks ? CountingSet.ofEnterprise : [])
            + (plan?.bridges == nil ? [] : CountingSet.onBridges)
    }

    /// Has rules write into the other generation of the counting sets from now on.
    ///
    /// - Returns: the generation that now stands still. It must be read and recorded before the next call, which
    ///   empties it.
    package func rotate() throws(EnforcementError) -> UInt32 {
        guard let current else { throw .kernel("no ruleset is loaded") }
        let next = generation + 1
        // Not drawn up anew: chains that no interface has at present are still in the kernel, and may be wanted again.
        var wanted = current
        var writers = CountingChains.writers(generation: next)
        if countsBlocks { writers.merge(BlockedChains.writers(generation: next)) { _, new in new } }
        if plan?.bridges != nil {
            writers = writers.mapValues { Ruleset.Chain(BridgedEnds.expand($0.rules ?? [])) }
            writers.merge(PortCounting.writers(generation: next).chains) { _, new in new }
        }
        let sets = Set(current.sets.keys)
        writers = writers.mapValues {
            Ruleset.Chain(RangedEnds.expand($0.rules ?? [], among: sets, epoch: epoch))
        }
        wanted.chains.merge(writers) { _, new in new }
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
        for set in presentCountingSets {
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

    func readGeneration() throws(EnforcementError) -> UInt32 {
        let elements = try elements(of: .generation)
        // A mark is kept in the host's byte order.
        return elements.first.map { $0.key.reversed().reduce(0) { $0 << 8 | UInt32($1) } } ?? 0
    }

    /// The elements of one of the table's sets.
    package func elements(of set: SetName) throws(EnforcementError) -> [RuleTable.Element] {
        do {
            return try (set.table == .ports ? portTable : table).elements(of: set.text)
        } catch {
            throw .kernel(error.description)
        }
    }

    /// The elements of a set that the table may lack at present; none then.
    package func elements(ofPresent set: SetName) throws(EnforcementError) -> [RuleTable.Element] {
        current?.sets[set] == nil ? [] : try elements(of: set)
    }

    /// The elements of a counting set of a generation that stands still, each once.
    package func countedElements(of set: CountingSet, generation: UInt32) throws(EnforcementError) -> [RuleTable
        .Element]
    {
        do {
            return try (set.isOfPorts ? portTable : table).settledElements(
                of: SetName.counting(set, generation: generation).text)
        } catch {
            throw .kernel(error.description)
        }
    }
}

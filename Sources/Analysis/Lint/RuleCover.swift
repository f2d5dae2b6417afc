import Model

/// Rules by their ends, and whether they leave anything for another.
///
/// Exact: a rule is covered where no packet is left for it, whoever is in which group. Benchmark before changing.
final class RuleCover {
    private struct Ends: Hashable {
        let first: RuleBox.First
        let second: IPPrefix
    }

    /// What rules with the same ends match together, up to one of them.
    private struct Step {
        let rule: Int
        /// What this one matches.
        let own: Int32
        let space: Int32
    }

    private let family: AddressFamily
    private var steps: [Ends: [Step]] = [:]
    private var order: [Ends] = []
    private var lengths: Set<Int> = []
    private var secondLengths: Set<Int> = []

    init(_ family: AddressFamily) { self.family = family }

    /// Adds a rule by its number; those of one cover rise, or are never asked for by number.
    func add(_ rule: Int, _ box: RuleBox, _ pool: inout SpacePool) {
        let ends = Ends(first: box.first, second: box.second)
        if let last = steps[ends]?.last {
            steps[ends]?.append(
                Step(rule: rule, own: box.space, space: pool.combine(last.space, box.space, .union)))
        } else {
            steps[ends] = [Step(rule: rule, own: box.space, space: box.space)]
            order.append(ends)
            if case .block(let block) = box.first { lengths.insert(block.length) }
            secondLengths.insert(box.second.length)
        }
    }

    /// What the rules with some ends match together, of those before a number.
    private func space(_ ends: Ends, before limit: Int) -> Int32? {
        guard let steps = steps[ends], let first = steps.first, first.rule < limit else { return nil }
        var (low, high) = (0, steps.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if steps[middle].rule < limit { low = middle } else { high = middle }
        }
        return steps[low].space
    }

    /// What those rules match together that match whatever passes between two ends.
    private func around(
        _ firsts: [RuleBox.First], _ block: IPPrefix, _ second: IPPrefix, before limit: Int, _ pool: inout SpacePool
    ) -> Int32 {
        let blocks = lengths.filter { $0 <= block.length }.map {
            RuleBox.First.block(IPPrefix(containing: block.base, length: $0))
        }
        var space = pool.empty(family)
        for length in secondLengths where length <= second.length {
            let target = IPPrefix(containing: second.base, length: length)
            for first in firsts + blocks {
                if let known = self.space(Ends(first: first, second: target), before: limit) {
                    space = pool.combine(space, known, .union)
                }
            }
        }
        return space
    }

    /// The rules that cover another by ends that hold all of its ends, of those before a number: one where one does.
    ///
    /// - Returns: nil where they do not, as where parts of a block cover it together.
    func holders(of box: RuleBox, before limit: Int, _ pool: inout SpacePool) -> [Int]? {
        var all: [Step] = []
        for ends in ends(holding: box) {
            guard let own = steps[ends], let first = own.first, first.rule < limit else { continue }
            let known = own.prefix { $0.rule < limit }
            all += known
            guard let last = known.last, leaves(nothingOf: box.space, last.space, &pool) else { continue }
            // The union grows: the first that does covers what those before it do not.
            var (low, high) = (0, known.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if leaves(nothingOf: box.space, known[middle].space, &pool) { high = middle } else { low = middle + 1 }
            }
            if leaves(nothingOf: box.space, known[low].own, &pool) { return [known[low].rule] }
        }
        let empty = pool.empty(family)
        var rest = box.space
        var rules: [Int] = []
        for step in all.sorted(by: { $0.rule > $1.rule }) where rest != empty {
            let less = pool.combine(rest, step.own, .difference)
            if less != rest { rules.append(step.rule) }
            rest = less
        }
        return rest == empty ? rules.reversed() : nil
    }

    private func leaves(nothingOf space: Int32, _ cover: Int32, _ pool: inout SpacePool) -> Bool {
        pool.combine(space, cover, .difference) == pool.empty(family)
    }

    private func ends(holding box: RuleBox) -> [Ends] {
        var firsts: [RuleBox.First] = []
        if case .group = box.first { firsts = [box.first] }
        firsts += lengths.filter { $0 <= box.outline.length }.map {
            .block(IPPrefix(containing: box.outline.base, length: $0))
        }
        let seconds = secondLengths.filter { $0 <= box.second.length }.map {
            IPPrefix(containing: box.second.base, length: $0)
        }
        return firsts.flatMap { first in seconds.map { Ends(first: first, second: $0) } }
    }

    /// A packet of a rule that the rules of some covers, each up to a number, leave for it; nil where they leave none.
    static func left(of box: RuleBox, by covers: [(cover: RuleCover, limit: Int)], _ pool: inout SpacePool) -> FlowKey?
    {
        let family = box.second.family
        var members: [RuleBox.First] = []
        if case .group = box.first { members = [box.first] }
        func open(_ first: IPPrefix, _ second: IPPrefix, _ pool: inout SpacePool) -> Int32 {
            var rest = box.space
            for (cover, limit) in covers where rest != pool.empty(family) {
                let known = cover.around(members, first, second, before: limit, &pool)
                rest = pool.combine(rest, known, .difference)
            }
            return rest
        }
        func witness(_ space: Int32, _ source: IPPrefix, _ target: IPPrefix, _ pool: SpacePool) -> FlowKey? {
            pool[space].boxes.first?.witness(source.base, target.base)
        }
        if open(box.outline, box.second, &pool) == pool.empty(family) { return nil }
        // Of most rules that are not covered one of these packets shows it.
        for (source, target) in [(box.outline.base, box.second.base), (box.outline.last, box.second.last)] {
            let ends = (IPPrefix(source), IPPrefix(target))
            let rest = open(ends.0, ends.1, &pool)
            if rest != pool.empty(family) { return witness(rest, ends.0, ends.1, pool) }
        }
        let inner = covers.flatMap { cover, limit in
            cover.order.filter { cover.space($0, before: limit) != nil }
        }
        let firsts = inner.compactMap { ends -> IPPrefix? in
            guard case .block(let block) = ends.first, box.outline.contains(block) else { return nil }
            return block
        }
        let seconds = inner.map(\.second).filter(box.second.contains)
        for first in BlockTree(Set(firsts).union([box.outline])).regions {
            guard let source = first.block.without(first.inner).first else { continue }
            for second in BlockTree(Set(seconds).union([box.second])).regions {
                guard let target = second.block.without(second.inner).first else { continue }
                let rest = open(source, target, &pool)
                if rest != pool.empty(family) { return witness(rest, source, target, pool) }
            }
        }
        return nil
    }
}

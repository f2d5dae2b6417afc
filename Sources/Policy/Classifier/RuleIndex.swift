import Model

/// The rules of every group in both directions, laid out so that a packet meets only those that its port can match.
///
/// One chain is one group in one direction. TCP and UDP have their ports cut into segments within which the same
/// rules can match; all else is scanned in order. Candidates are always in the order of the group, and each is tested
/// in full, so an index may be coarse but never wrong.
struct RuleIndex: Sendable {
    private struct Chain {
        /// Divisions of the ports.
        var tcp: Int32
        var udp: Int32
        var other: Span
    }

    private struct Span {
        var first: Int32
        var count: Int32
    }

    private var chains: [Chain] = []
    private var segments = PortSegments()
    /// For each segment the rules that its ports can match.
    private var segmentCandidates: [Span] = []
    private var candidates: [Int32] = []
    private var rules: [CompiledRule] = []
    private(set) var ids: [Identifier<Rule>] = []

    /// Adds a group's rules as two chains, of ingress and egress; gives the number of the first.
    mutating func add(_ group: SecurityGroup, groups: [String: Int32]) -> Int32 {
        let first = Int32(chains.count)
        for direction in [Direction.ingress, .egress] {
            let start = Int32(rules.count)
            for rule in group.rules where rule.direction == direction {
                rules.append(CompiledRule(rule, groups: groups))
                ids.append(rule.id)
            }
            let range = start..<Int32(rules.count)
            chains.append(
                Chain(tcp: addPorts(of: 6, range), udp: addPorts(of: 17, range), other: addCandidates(Array(range))))
        }
        return first
    }

    /// Divides the ports of a protocol at the ends of the rules' ranges; gives the division's number.
    private mutating func addPorts(of transport: UInt8, _ range: Range<Int32>) -> Int32 {
        let usable = range.compactMap { index in rules[Int(index)].ports(of: transport).map { (index, $0) } }
        var ports: Set<UInt16> = [0]
        for (_, range) in usable {
            ports.insert(range.lowerBound)
            if range.upperBound < .max { ports.insert(range.upperBound + 1) }
        }
        // Ranges that all overlap would need a square of memory; then one segment holds them all.
        let isCrowded = usable.count > 1024
        let starts = isCrowded ? [0] : ports.sorted()
        for port in starts {
            var here: [Int32] = []
            for (index, range) in usable where isCrowded || range.contains(port) {
                here.append(index)
                if !isCrowded, rules[Int(index)].takesAll { break }
            }
            segmentCandidates.append(addCandidates(here))
        }
        return segments.add(startingAt: starts)
    }

    private mutating func addCandidates(_ indices: [Int32]) -> Span {
        let span = Span(first: Int32(candidates.count), count: Int32(indices.count))
        candidates += indices
        return span
    }

    /// The first rule of a chain that a packet matches, or -1.
    @inline(__always)
    func firstMatch(_ number: Int32, _ probe: Probe, membership: (Int32) -> Bool) -> Int32 {
        let chain = chains[Int(number)]
        let span: Span
        switch probe.transport {
        case 6: span = segmentCandidates[segments.find(chain.tcp, probe.port)]
        case 17: span = segmentCandidates[segments.find(chain.udp, probe.port)]
        default: span = chain.other
        }
        var position = Int(span.first)
        let end = position &+ Int(span.count)
        while position < end {
            let index = candidates[position]
            if rules[Int(index)].matches(probe, membership: membership) { return index }
            position &+= 1
        }
        return -1
    }
}

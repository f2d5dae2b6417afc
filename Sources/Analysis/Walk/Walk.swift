import Model
import Policy

/// The way of a session's first packet, and of its answer, through all stages, for all packets between two places at once.
///
/// Several policies may be walked by one: what they have in common is worked out once.
struct Walk: Sendable {
    /// What becomes of the packets from one place to another, as numbers of packet spaces.
    struct Passage: Hashable, Sendable {
        let accepted: Int32
        /// Those of the accepted whose answers network ACLs or stateless groups refuse.
        let unanswered: Int32
    }

    /// Packets on their way between two ends.
    private struct Way: Hashable {
        let from: Int32
        let to: Int32
    }

    /// What a stage decides for good; the rest goes on to the next.
    private struct Outcome {
        var accepts: Int32
        var refuses: Int32
    }

    private struct TableQuestion: Hashable {
        let table: Int32
        let peer: Int32
    }

    /// What an ordered list decides of the packets between ends of a kind: a subnet's edge, or the enterprise policy.
    private struct ListQuestion: Hashable {
        let list: Int32
        let direction: Direction
        let family: AddressFamily
        let sources: Int32
        let targets: Int32
    }

    private struct EnterpriseEndView: Hashable {
        let place: Int32
        let isSource: Bool
        let direction: Direction
    }

    private struct EdgeEnd: Hashable {
        let edge: Int32
        let place: Int32
        let isSource: Bool
    }

    /// What the guard makes of the packets between ends of a kind.
    private struct GuardSpaces {
        var accepts: Int32
        var refuses: Int32
        var passesEdges: Int32
        var isLetOut: Int32
    }

    private struct GuardQuestion: Hashable {
        let family: AddressFamily
        let ends: GuardPoint.Ends
    }

    var pool = SpacePool()
    var places = Numbering<Place>()
    var tables = Numbering<RuleTable>()
    var edges = Numbering<Edge>()
    var addressSets = Numbering<AddressRanges>()
    var enterpriseLists = Numbering<EnterpriseList>()
    private var views = Numbering<[Bool]>()
    private var passages: [Way: Passage] = [:]
    private var tableAnswers: [TableQuestion: Int32] = [:]
    private var edgeAnswers: [ListQuestion: Int32] = [:]
    private var edgeViews: [EdgeEnd: Int32] = [:]
    private var enterpriseAnswers: [ListQuestion: Int32] = [:]
    private var enterpriseViews: [EnterpriseEndView: Int32] = [:]
    private var guardAnswers: [GuardQuestion: GuardSpaces] = [:]

    /// What becomes of the packets from one place to another, which are of one family.
    mutating func passage(from: Int32, to: Int32) -> Passage {
        let way = Way(from: from, to: to)
        if let known = passages[way] { return known }
        let family = places[from].family
        // What is between others is nobody's to judge.
        guard places[from].isInterface || places[to].isInterface else {
            return Passage(accepted: pool.all(family), unanswered: pool.empty(family))
        }
        var open = pool.all(family)
        var accepted = pool.empty(family)
        for stage in Stage.allCases {
            let outcome = outcome(stage, way, family)
            accepted = pool.combine(accepted, pool.combine(open, outcome.accepts, .intersection), .union)
            open = pool.combine(open, pool.combine(outcome.accepts, outcome.refuses, .union), .difference)
        }
        // What no stage decides passes.
        accepted = pool.combine(accepted, open, .union)
        let passage = Passage(accepted: accepted, unanswered: unanswered(accepted, way, family))
        passages[way] = passage
        return passage
    }

    /// What one stage decides of a session's first packet.
    private mutating func outcome(_ stage: Stage, _ way: Way, _ family: AddressFamily) -> Outcome {
        let all = pool.all(family)
        switch stage {
        case .guard:
            let spaces = guardSpaces(way, family)
            return Outcome(accepts: spaces.accepts, refuses: spaces.refuses)
        case .acl: return Outcome(accepts: pool.empty(family), refuses: edgeRefusals(way, family))
        case .enterprise:
            // What the guard lets out, as a DHCP client's, is asked at the other end only.
            let left = pool.combine(
                blocks(way, at: way.from, .egress, family), guardSpaces(way, family).isLetOut, .difference)
            let arrived = blocks(way, at: way.to, .ingress, family)
            return Outcome(accepts: pool.empty(family), refuses: pool.combine(left, arrived, .union))
        case .group:
            var admitted = all
            if let rules = places[way.from].rules {
                admitted = pool.combine(
                    admits(rules.egress, way.to, family), guardSpaces(way, family).isLetOut, .union)
            }
            if let rules = places[way.to].rules {
                admitted = pool.combine(admitted, admits(rules.ingress, way.from, family), .intersection)
            }
            return Outcome(accepts: admitted, refuses: pool.combine(all, admitted, .difference))
        }
    }

    /// The packets whose answers a stage refuses, as a space of answers: what keeps no sessions asks each packet.
    private mutating func answerRefusals(_ stage: Stage, _ answer: Way, _ family: AddressFamily) -> Int32 {
        switch stage {
        case .guard: return pool.empty(family)
        case .acl: return edgeRefusals(answer, family)
        // It judges sessions: an answer belongs to one that was judged.
        case .enterprise: return pool.empty(family)
        case .group:
            var refused = pool.empty(family)
            if let rules = places[answer.from].rules, rules.isStateless {
                refused = pool.combine(pool.all(family), admits(rules.egress, answer.to, family), .difference)
            }
            if let rules = places[answer.to].rules, rules.isStateless {
                let unwanted = pool.combine(
                    pool.all(family), admits(rules.ingress, answer.from, family), .difference)
                refused = pool.combine(refused, unwanted, .union)
            }
            return pool.combine(refused, guardSpaces(answer, family).passesEdges, .difference)
        }
    }

    private mutating func unanswered(_ accepted: Int32, _ way: Way, _ family: AddressFamily) -> Int32 {
        guard accepted != pool.empty(family) else { return accepted }
        let answer = Way(from: way.to, to: way.from)
        var refused = pool.empty(family)
        for stage in Stage.allCases {
            refused = pool.combine(refused, answerRefusals(stage, answer, family), .union)
        }
        guard refused != pool.empty(family) else { return refused }
        return pool.combine(accepted, pool.asked(refused), .intersection)
    }

    // MARK: The stages

    private mutating func guardSpaces(_ way: Way, _ family: AddressFamily) -> GuardSpaces {
        let (source, target) = (places[way.from], places[way.to])
        let ends = GuardPoint.Ends(
            isFromInterface: source.isInterface, isLinkLocal: source.isLinkLocal, staysHere: target.staysHere)
        let question = GuardQuestion(family: family, ends: ends)
        if let known = guardAnswers[question] { return known }
        let none = pool.empty(family)
        var spaces = GuardSpaces(accepts: none, refuses: none, passesEdges: none, isLetOut: none)
        for kind in GuardPoint.kinds(family) {
            let space = pool.number(
                PacketSpace(family, kind.transport, Region(kind.first...kind.first, RangeSet(kind.second))))
            let decision = kind.decision(ends)
            switch decision.finding {
            case .pass: break
            case .upkeep: spaces.accepts = pool.combine(spaces.accepts, space, .union)
            case .refuse: spaces.refuses = pool.combine(spaces.refuses, space, .union)
            }
            if decision.passesEdges { spaces.passesEdges = pool.combine(spaces.passesEdges, space, .union) }
            if decision.isLetOut { spaces.isLetOut = pool.combine(spaces.isLetOut, space, .union) }
        }
        guardAnswers[question] = spaces
        return spaces
    }

    private mutating func edgeRefusals(_ way: Way, _ family: AddressFamily) -> Int32 {
        guard places[way.from].edge != nil || places[way.to].edge != nil else { return pool.empty(family) }
        let passing = pool.combine(
            edgePasses(places[way.from].edge, .egress, way, other: way.to, family),
            edgePasses(places[way.to].edge, .ingress, way, other: way.from, family), .intersection)
        let refused = pool.combine(pool.all(family), passing, .difference)
        return pool.combine(refused, guardSpaces(way, family).passesEdges, .difference)
    }

    /// What the enterprise policy refuses of a session at one of its ends.
    private mutating func blocks(
        _ way: Way, at end: Int32, _ direction: Direction, _ family: AddressFamily
    ) -> Int32 {
        guard places[end].isInterface, let near = places[end].enterprise, !near.observes else {
            return pool.empty(family)
        }
        let question = ListQuestion(
            list: near.list, direction: direction, family: family,
            sources: view(near.list, way.from, isSource: true, direction),
            targets: view(near.list, way.to, isSource: false, direction))
        if let known = enterpriseAnswers[question] { return known }
        let (sources, targets) = (views[question.sources], views[question.targets])
        let refused = decided(
            enterpriseLists[near.list].rules.enumerated().lazy.filter { sources[$0.offset] && targets[$0.offset] }.map {
                ($1.refuses, $1.spaces[family])
            }, family)
        enterpriseAnswers[question] = refused
        return refused
    }

    /// The packets whose first matching rule, of some in their order, is one that is asked for; a rule has nothing of some families.
    private mutating func decided(
        _ rules: some Sequence<(isAskedFor: Bool, space: Int32?)>, _ family: AddressFamily
    ) -> Int32 {
        var open = pool.all(family)
        var found = pool.empty(family)
        for (isAskedFor, space) in rules {
            guard let space else { continue }
            if isAskedFor { found = pool.combine(found, pool.combine(open, space, .intersection), .union) }
            open = pool.combine(open, space, .difference)
        }
        return found
    }

    private mutating func view(_ list: Int32, _ place: Int32, isSource: Bool, _ direction: Direction) -> Int32 {
        let end = EnterpriseEndView(place: place, isSource: isSource, direction: direction)
        if let known = enterpriseViews[end] { return known }
        let view = views.number(enterpriseLists[list].matches(places[place], isSource: isSource, direction))
        enterpriseViews[end] = view
        return view
    }

    /// What the edge of one end lets through.
    private mutating func edgePasses(
        _ number: Int32?, _ direction: Direction, _ way: Way, other: Int32, _ family: AddressFamily
    ) -> Int32 {
        guard let number else { return pool.all(family) }
        let edge = edges[number]
        if edge.subnet.contains(where: places[other].prefixes.contains) { return pool.all(family) }
        let question = ListQuestion(
            list: number, direction: direction, family: family, sources: view(number, way.from, isSource: true),
            targets: view(number, way.to, isSource: false))
        if let known = edgeAnswers[question] { return known }
        let (sources, targets) = (views[question.sources], views[question.targets])
        let passing = decided(
            edge.rules.enumerated().lazy.filter { $1.direction == direction && sources[$0] && targets[$0] }.map {
                ($1.isAllowed, $1.spaces[family])
            }, family)
        edgeAnswers[question] = passing
        return passing
    }

    private mutating func view(_ edge: Int32, _ place: Int32, isSource: Bool) -> Int32 {
        let end = EdgeEnd(edge: edge, place: place, isSource: isSource)
        if let known = edgeViews[end] { return known }
        let view = views.number(edges[edge].matches(isSource ? \.source : \.target, places[place]))
        edgeViews[end] = view
        return view
    }

    /// What the rules of an interface admit with one other end.
    private mutating func admits(_ table: Int32, _ peer: Int32, _ family: AddressFamily) -> Int32 {
        let question = TableQuestion(table: table, peer: peer)
        if let known = tableAnswers[question] { return known }
        let rules = tables[table]
        var admitted = rules.any
        if !rules.prefixes.isEmpty {
            for prefix in places[peer].prefixes {
                if let space = rules.prefixes[prefix] { admitted = pool.combine(admitted, space, .union) }
            }
        }
        if !rules.groups.isEmpty {
            for group in places[peer].groups {
                if let space = rules.groups[group] { admitted = pool.combine(admitted, space, .union) }
            }
        }
        tableAnswers[question] = admitted
        return admitted
    }
}

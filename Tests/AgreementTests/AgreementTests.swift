import Capture
import Host
import Model
import Policy
import Spools
import TestSupport
import Testing

/// The kernel and the classifier judge alike: real packets through real rules.
@Suite(.serialized) struct AgreementTests {
    /// `GATEHOUSE_AGREEMENT_POLICIES` asks for a longer run.
    private static let policies =
        ChildProcess.inheritedEnvironment()["GATEHOUSE_AGREEMENT_POLICIES"].flatMap { Int($0) } ?? 50
    private static let packetsPerPolicy = 50

    @Test(.kernel) func `the kernel judges random packets of random policies as the classifier does`() throws {
        let host = try JudgedHost("ag")
        defer { host.remove() }
        try run(host, translator: nil)
    }

    @Test(.kernel) func `they agree also where another table translates addresses`() throws {
        let host = try JudgedHost("an")
        defer { host.remove() }
        try run(host, translator: try Translator(host))
    }

    @Test(.kernel) func `they agree on guests of a bridge, with a routed outside and one on the bridge`() throws {
        for (label, bridged) in [("ab", [0, 1, 2]), ("ac", [0, 1, 2, 3, RandomTraffic.outside])] as [(String, Set<Int>)]
        {
            let host = try JudgedHost(label, bridged: bridged)
            defer { host.remove() }
            try run(host, translator: nil, policies: Self.policies / 2)
        }
    }

    @Test(.kernel) func `they agree also where interfaces have blocks and pairs, routed and on a bridge`() throws {
        for (label, bridged) in [("ad", []), ("ae", [0, 1, 2, 3])] as [(String, Set<Int>)] {
            let host = try JudgedHost(label, bridged: bridged)
            defer { host.remove() }
            try run(host, translator: nil, policies: Self.policies / 2, spreads: true)
        }
    }

    @Test(.kernel) func `they agree on enterprise rules, notes and observed interfaces`() throws {
        for (label, bridged) in [("af", []), ("ah", [0, 1, 2])] as [(String, Set<Int>)] {
            let host = try JudgedHost(label, bridged: bridged)
            defer { host.remove() }
            try run(host, translator: nil, policies: Self.policies * 2 / 5, isEnterprise: true)
        }
        let host = try JudgedHost("ai")
        defer { host.remove() }
        try run(host, translator: try Translator(host), policies: Self.policies / 5, isEnterprise: true)
        let spread = try JudgedHost("aj")
        defer { spread.remove() }
        try run(spread, translator: nil, policies: Self.policies / 5, spreads: true, isEnterprise: true)
    }

    private func run(
        _ host: JudgedHost, translator: Translator?, policies: Int = policies, spreads: Bool = false,
        isEnterprise: Bool = false
    ) throws {
        var revision = Revision.none
        var shots = 0
        var seen: [String: Int] = [:]
        for number in 0..<policies {
            var random = RandomPolicy(seed: UInt64(number))
            let made = try random.make(number)
            let placed = BridgedGuests(host).admissible(spreads ? try made.spread() : made)
            let policy = isEnterprise ? try random.enterprise(placed) : placed
            revision = revision.next(policy: policy, actor: "test", origin: "", at: Timestamp(seconds: Int64(number)))
            try host.enforce(revision)
            let outcome = try compare(host, revision, seed: UInt64(number) &+ 1000, translator)
            shots += outcome.shots
            seen.merge(outcome.kinds) { $0 + $1 }
            guard outcome.differences.isEmpty else {
                for difference in outcome.differences.prefix(5) {
                    Issue.record("policy \(number): \(difference)")
                }
                return
            }
        }
        print("agreement: \(shots) packets over \(policies) policies; legs: \(seen.sorted { $0.key < $1.key })")
        #expect(shots >= 40 * policies)
        #expect(seen["admitted", default: 0] * 3 >= shots)
        var kinds = ["accept", "drop group", "drop guard", "answers", "errors", "fragments", "from the host"]
        // Rare ones want many packets.
        if policies >= 25 { kinds.append("upkeep") }
        if host.bridged.isEmpty {
            if policies >= 25 { kinds += ["drop acl", "answers without a rule", "errors without a rule"] }
        } else {
            if policies >= 25 { kinds += ["at the port"] }
        }
        if isEnterprise { kinds += ["drop enterprise", "observed", "would be refused"] }
        if translator != nil {
            kinds += ["services", "services refused", "masqueraded", "translated answers"]
            if policies >= 25 { kinds.append("hairpins") }
        }
        for kind in kinds { #expect(seen[kind, default: 0] > 0, "\(kind)") }
    }

    private struct Outcome {
        var shots = 0
        var kinds: [String: Int] = [:]
        var differences: [String] = []
    }

    private func compare(_ host: JudgedHost, _ revision: Revision, seed: UInt64, _ translator: Translator?) throws
        -> Outcome
    {
        let classifier = Classifier(revision)
        var sessions = SessionTable()
        var traffic = RandomTraffic(seed: seed, translator: translator)
        var outcome = Outcome()
        var expected: [FlowKey: Set<Judgement.Leg>] = [:]
        var noted: [FlowKey: Set<Judgement.Observation>] = [:]
        let refusals = Set(revision.ruleReferences.filter(\.refuses).map(\.id))
        var openers: [(key: FlowKey, judgement: Judgement)] = []
        let before = try host.counters()
        var counts = before
        let guests = BridgedGuests(host)
        func fire(_ shot: Shot, isFollowing: Bool) throws {
            let known = sessions.count
            if guests.dropsAtPort(shot) {
                // Nobody behind the port hears of it.
                try host.send(shot)
                outcome.shots += 1
                outcome.kinds["at the port", default: 0] += 1
                return
            }
            let sessionKey = shot.packet.quote?.key ?? shot.packet.key
            let isOfSession =
                sessions.session(sessionKey, echoID: shot.packet.quote?.echoID ?? shot.packet.echoID) != nil
            let judgement = classifier.judge(
                shot.packet, translation: shot.translation, sessions: &sessions, now: Timestamp(seconds: 0))
            try host.send(shot)
            outcome.shots += 1
            if judgement.verdict == .accept, !judgement.legs.isEmpty { outcome.kinds["admitted", default: 0] += 1 }
            if let translation = shot.translation {
                let isService = translation.judged != shot.packet.key
                let isAccepted = judgement.verdict == .accept
                outcome.kinds[isService ? isAccepted ? "services" : "services refused" : "masqueraded", default: 0] += 1
                if isService, isAccepted, shot.sender < RandomTraffic.outside {
                    outcome.kinds["hairpins", default: 0] += 1
                }
            }
            if shot.arrives != nil, isOfSession, judgement.verdict == .accept {
                outcome.kinds["translated answers", default: 0] += 1
            }
            // What explains a first packet says the same: asked of the policy itself, rule by rule.
            if shot.translation == nil, sessions.count > known {
                let isRefused = classifier.trace(shot.packet).steps.contains { $0.verdict == .drop }
                if isRefused { outcome.differences.append("\(shot.packet.key): explained as refused, and accepted") }
            }
            // Events tell new sessions and refusals; what follows a session tells nothing.
            let opens = sessions.count > known || judgement.verdict == .drop
            if opens, !judgement.legs.isEmpty {
                expected[told(shot, judgement, classifier), default: []].formUnion(judgement.legs)
            }
            for observation in judgement.observations {
                outcome.kinds["observed", default: 0] += 1
                noted[told(shot, judgement, classifier), default: []].insert(observation)
            }
            if sessions.count > known { openers.append((shot.packet.key, judgement)) }
            for leg in judgement.legs {
                if leg.verdict == .accept, refusals.contains(leg.rule) {
                    outcome.kinds["would be refused", default: 0] += 1
                }
                outcome.kinds[leg.verdict == .accept ? "accept" : "drop \(leg.stage)", default: 0] += 1
            }
            if judgement == .acceptedUnjudged, shot.packet.hopLimit != nil { outcome.kinds["upkeep", default: 0] += 1 }
            if shot.isFragmented { outcome.kinds["fragments", default: 0] += 1 }
            if shot.sender == RandomTraffic.host { outcome.kinds["from the host", default: 0] += 1 }
            if isFollowing, judgement.verdict == .accept {
                outcome.kinds[shot.packet.quote == nil ? "answers" : "errors", default: 0] += 1
            }
            // Only stateless groups refuse what follows a session.
            if isOfSession, judgement.legs.contains(where: { $0.verdict == .drop && $0.stage == .group }) {
                outcome.kinds[
                    shot.packet.quote == nil ? "answers without a rule" : "errors without a rule", default: 0] += 1
            }
            count(shot, judgement, isOfSession: isOfSession, classifier, &counts)
        }
        while outcome.shots < Self.packetsPerPolicy {
            var shot = traffic.fresh { shot in
                var trial = sessions
                let judgement = classifier.judge(
                    shot.packet, translation: shot.translation, sessions: &trial, now: Timestamp(seconds: 0))
                return judgement.verdict == .accept && !judgement.legs.isEmpty
            }
            while guests.areOfTheirOwn(shot) { shot = traffic.fresh { _ in true } }
            try fire(shot, isFollowing: false)
            if let answer = traffic.answer(to: shot), outcome.shots % 2 == 0 { try fire(answer, isFollowing: true) }
        }
        let events = try host.events()
        for key in Set(events.keys).union(expected.keys) where events[key] != expected[key] {
            outcome.differences.append(
                "\(key): kernel \(describe(events[key], revision)), classifier \(describe(expected[key], revision))")
        }
        for key in Set(host.observations.keys).union(noted.keys) where host.observations[key] != noted[key] {
            func names(_ some: Set<Judgement.Observation>?) -> [String] {
                (some ?? []).map { "\($0.direction) \($0.rule.short)" }.sorted()
            }
            outcome.differences.append(
                "\(key): the kernel noted \(names(host.observations[key])), the classifier \(names(noted[key]))")
        }
        let marks = try host.marks()
        for opener in openers {
            let rules = Set(opener.judgement.legs.map(\.rule))
            if marks[opener.key] != rules {
                outcome.differences.append("\(opener.key): mark \(marks[opener.key] ?? []), rules \(rules)")
            }
        }
        let after = try host.counters()
        for (account, packets) in after where packets != counts[account] {
            outcome.differences.append(
                "\(account): the kernel counted \(packets - (before[account] ?? 0)), expected \((counts[account] ?? 0) - (before[account] ?? 0))"
            )
        }
        return outcome
    }

    /// The key that an event of a packet has: what an authentication header hides is not in it.
    private func told(_ shot: Shot, _ judgement: Judgement, _ classifier: Classifier) -> FlowKey {
        let packet = shot.packet
        // What is refused before connection tracking is not translated.
        let key = isTranslated(shot, judgement, classifier) ? shot.translation?.judged ?? packet.key : packet.key
        return packet.hasAuthenticationHeader
            ? FlowKey(initiator: key.initiator, target: key.target, transport: .ah) : key
    }

    /// Whether a packet came as far as connection tracking, which translates.
    private func isTranslated(_ shot: Shot, _ judgement: Judgement, _ classifier: Classifier) -> Bool {
        shot.translation != nil && classifier.judgementBeforeTracking(shot.packet) == nil
            && !judgement.legs.contains { $0.verdict == .drop && $0.stage == .guard }
    }

    /// What the counters of the interfaces that a packet meets must show.
    private func count(
        _ shot: Shot, _ judgement: Judgement, isOfSession: Bool, _ classifier: Classifier,
        _ counts: inout [Books.Account: UInt64]
    ) {
        func interface(_ index: Int) -> Identifier<Interface> {
            Identifier(derivedFrom: "interface", RandomPolicy.instances[index])
        }
        // Link upkeep is not in the books.
        let isOfOurs = shot.sender < RandomTraffic.outside || shot.target != nil || shot.arrives != nil
        if isOfOurs, judgement == .acceptedUnjudged { return }
        let refusals = judgement.legs.filter { $0.verdict == .drop }.map(\.direction)
        // What the target's edge refuses counts at both ends.
        let refusedAtSender = refusals == [.egress]
        if shot.sender < RandomTraffic.outside { counts[.init(interface(shot.sender), .out), default: 0] += 1 }
        let isTranslated = isTranslated(shot, judgement, classifier)
        let goal = isTranslated ? shot.translation?.judged.target ?? shot.packet.key.target : shot.packet.key.target
        var target = RandomPolicy.instances.indices.first { RandomPolicy.addresses($0).contains(goal) }
        // An answer is translated back where its session stands.
        if let arrives = shot.arrives, isOfSession, judgement.verdict == .accept {
            target = arrives < RandomTraffic.outside ? arrives : nil
        }
        if let target, !refusedAtSender { counts[.init(interface(target), .into), default: 0] += 1 }
    }

    private func describe(_ legs: Set<Judgement.Leg>?, _ revision: Revision) -> String {
        guard let legs else { return "nothing" }
        let texts = Dictionary(revision.ruleReferences.map { ($0.id, $0.text) }) { first, _ in first }
        return legs.map { "\($0.direction) \($0.verdict) by \(texts[$0.rule] ?? $0.rule.short)" }.sorted().joined(
            separator: " + ")
    }
}

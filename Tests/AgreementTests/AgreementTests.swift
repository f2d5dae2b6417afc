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
        var revision = Revision.none
        var shots = 0
        var seen: [String: Int] = [:]
        for number in 0..<Self.policies {
            var random = RandomPolicy(seed: UInt64(number))
            let policy = try random.make(number)
            revision = revision.next(policy: policy, actor: "test", origin: "", at: Timestamp(seconds: Int64(number)))
            try host.enforce(revision)
            let outcome = try compare(host, revision, seed: UInt64(number) &+ 1000)
            shots += outcome.shots
            seen.merge(outcome.kinds) { $0 + $1 }
            guard outcome.differences.isEmpty else {
                for difference in outcome.differences.prefix(5) {
                    Issue.record("policy \(number): \(difference)")
                }
                return
            }
        }
        print("agreement: \(shots) packets over \(Self.policies) policies; legs: \(seen.sorted { $0.key < $1.key })")
        #expect(shots >= 40 * Self.policies)
        for kind in [
            "accept", "drop group", "drop guard", "drop acl", "answers", "errors", "answers without a rule",
            "errors without a rule", "upkeep", "fragments", "from the host",
        ] {
            #expect(seen[kind, default: 0] > 0)
        }
    }

    private struct Outcome {
        var shots = 0
        var kinds: [String: Int] = [:]
        var differences: [String] = []
    }

    private func compare(_ host: JudgedHost, _ revision: Revision, seed: UInt64) throws -> Outcome {
        let classifier = Classifier(revision)
        var sessions = SessionTable()
        var traffic = RandomTraffic(seed: seed)
        var outcome = Outcome()
        var expected: [FlowKey: Set<Judgement.Leg>] = [:]
        var openers: [(key: FlowKey, judgement: Judgement)] = []
        let before = try host.counters()
        var counts = before
        func fire(_ shot: Shot, isFollowing: Bool) throws {
            let known = sessions.count
            let sessionKey = shot.packet.quote?.key ?? shot.packet.key
            let isOfSession =
                sessions.session(sessionKey, echoID: shot.packet.quote?.echoID ?? shot.packet.echoID) != nil
            let judgement = classifier.judge(shot.packet, sessions: &sessions, now: Timestamp(seconds: 0))
            try host.send(shot)
            outcome.shots += 1
            // Events tell new sessions and refusals; what follows a session tells nothing.
            let opens = sessions.count > known || judgement.verdict == .drop
            if opens { expected[told(shot.packet), default: []].formUnion(judgement.legs) }
            if sessions.count > known { openers.append((shot.packet.key, judgement)) }
            for leg in judgement.legs {
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
            count(shot, judgement, &counts)
        }
        while outcome.shots < Self.packetsPerPolicy {
            let shot = traffic.fresh()
            try fire(shot, isFollowing: false)
            if let answer = traffic.answer(to: shot), outcome.shots % 2 == 0 { try fire(answer, isFollowing: true) }
        }
        let events = try host.events()
        for key in Set(events.keys).union(expected.keys) where events[key] != expected[key] {
            outcome.differences.append(
                "\(key): kernel \(describe(events[key], revision)), classifier \(describe(expected[key], revision))")
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
    private func told(_ packet: Packet) -> FlowKey {
        let key = packet.key
        return packet.hasAuthenticationHeader
            ? FlowKey(initiator: key.initiator, target: key.target, transport: .ah) : key
    }

    /// What the counters of the interfaces that a packet meets must show.
    private func count(_ shot: Shot, _ judgement: Judgement, _ counts: inout [Books.Account: UInt64]) {
        func interface(_ index: Int) -> Identifier<Interface> {
            Identifier(derivedFrom: "interface", RandomPolicy.instances[index])
        }
        // Link upkeep is not in the books.
        let isOfOurs = shot.sender < RandomTraffic.outside || shot.target != nil
        if isOfOurs, judgement == .acceptedUnjudged { return }
        let refusals = judgement.legs.filter { $0.verdict == .drop }.map(\.direction)
        // What the target's edge refuses counts at both ends.
        let refusedAtSender = refusals == [.egress]
        if shot.sender < RandomTraffic.outside { counts[.init(interface(shot.sender), .out), default: 0] += 1 }
        let target = RandomPolicy.instances.indices.first {
            RandomPolicy.addresses($0).contains(shot.packet.key.target)
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

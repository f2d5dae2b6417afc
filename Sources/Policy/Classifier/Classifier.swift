package import Model

/// A policy revision compiled for judging packets, in the kernel's order of decision.
///
/// Guard of the sender, network ACLs of the subnets that are left and entered, stateless groups of the sender and the
/// target, enterprise policy and groups of the sender (egress), enterprise policy and groups of the target (ingress). Within one interface and
/// direction the groups are asked in the order in which the interface names them, the rules of a group in its own
/// order, and the first that matches decides. Addresses and interface ids are unique in a policy; the first wins.
package struct Classifier: Sendable {
    package let revision: Revision
    let interfaces: InterfaceIndex
    let edges: EdgeIndex
    let enterprise: EnterpriseIndex
    /// Addresses that the host has on behalf of subnets.
    private let gateways: Set<IPAddress>
    private let rules: RuleIndex
    private let refusals: [Identifier<Rule>]

    /// * `claims`: who has what several may use, as far as it is known.
    package init(_ revision: Revision, claims: [IPAddress: AddressHolder] = [:]) {
        let revision = revision.with(policy: revision.policy.holding(claims).observing())
        self.revision = revision
        var rules = RuleIndex()
        var refusals: [Identifier<Rule>] = []
        var chains: [[String: Int32]] = []
        for vpc in revision.policy.vpcs {
            let numbers = Dictionary(vpc.groups.enumerated().map { ($1.name, Int32($0)) }) { first, _ in first }
            var own: [String: Int32] = [:]
            for group in vpc.groups {
                let chain = rules.add(group, groups: numbers)
                refusals += [group.defaultRefusal(.ingress), group.defaultRefusal(.egress)]
                own[group.name] = own[group.name] ?? chain
            }
            chains.append(own)
        }
        self.rules = rules
        self.refusals = refusals
        self.interfaces = InterfaceIndex(revision.policy, chains: chains)
        self.edges = EdgeIndex(revision.policy)
        self.enterprise = EnterpriseIndex(revision.policy)
        gateways = revision.policy.gateways
    }

    /// The verdict on a new session's first packet, without saying why: no allocation, no text.
    package func verdict(_ packet: Packet) -> Verdict {
        let source = interfaces.owner(packet.key.initiator)
        let sender = interfaces.sender(packet.origin, source: source)
        switch guardFinding(packet, sender: sender, source: source) {
        case .pass: break
        case .upkeep: return .accept
        case .refuse(let rule):
            return sender >= 0 || rule == .impostor || interfaces.owner(packet.key.target) >= 0 ? .drop : .accept
        }
        let target = interfaces.owner(packet.key.target)
        if edges.refusal(packet, sender: sender, target: target, staysHere: staysHere(packet)) != nil { return .drop }
        if sender >= 0, LinkGuard.isDHCPAnswer(packet.key) { return .drop }
        let asksEnterprise = !enterprise.isEmpty
        if sender >= 0, !isDHCPClient(packet) {
            if asksEnterprise, isBlocked(packet.key, at: sender, .egress) { return .drop }
            if match(sender, Probe(egress: packet.key), peer: target) < 0 { return .drop }
        }
        if target >= 0 {
            if asksEnterprise, isBlocked(packet.key, at: target, .ingress) { return .drop }
            if match(target, Probe(ingress: packet.key), peer: source) < 0 { return .drop }
        }
        return .accept
    }

    /// The judgement of a new session's first packet, with the deciding rule at each interface that it reaches.
    package func judge(_ packet: Packet) -> Judgement {
        let source = interfaces.owner(packet.key.initiator)
        let sender = interfaces.sender(packet.origin, source: source)
        if let early = guardJudgement(packet, sender: sender, source: source) { return early }
        let target = interfaces.owner(packet.key.target)
        if let refused = earlyJudgement(packet, sender: sender, source: source, target: target) { return refused }
        return groupJudgement(packet, sender: sender, source: source, target: target)
    }

    /// What the guard decides by itself; nil where the groups are asked.
    ///
    /// A refusal is the sender's where an interface of ours sent the packet, else the target's; between others nobody is
    /// told.
    func guardJudgement(_ packet: Packet, sender: Int32, source: Int32) -> Judgement? {
        switch guardFinding(packet, sender: sender, source: source) {
        case .pass: return nil
        case .upkeep: return .acceptedUnjudged
        case .refuse(let rule):
            if sender >= 0 { return Judgement(legs: [guardLeg(rule, at: sender, .egress)]) }
            let target = interfaces.owner(packet.key.target)
            guard target >= 0 else { return rule == .impostor ? .init(verdict: .drop, legs: []) : .acceptedUnjudged }
            return Judgement(legs: [guardLeg(rule, at: target, .ingress)])
        }
    }

    /// Whether a packet is for the host itself or for many on the link: it is not forwarded.
    func staysHere(_ packet: Packet) -> Bool {
        packet.isForHost || LinkGuard.isForMany(packet.key.target)
            || gateways.contains(packet.key.target) && interfaces.owner(packet.key.target) < 0
    }

    /// Whether the guard lets a DHCP client's packet out, whatever the groups say; asked once the source is known to be its
    /// own.
    func isDHCPClient(_ packet: Packet) -> Bool { LinkGuard.isDHCPRequest(packet.key) && staysHere(packet) }

    func guardLeg(_ rule: GuardRule, at interface: Int32, _ direction: Direction) -> Judgement.Leg {
        Judgement.Leg(
            interface: interfaces.id(interface), direction: direction, verdict: rule.refuses ? .drop : .accept,
            stage: .guard, rule: rule.id)
    }

    func groupJudgement(_ packet: Packet, sender: Int32, source: Int32, target: Int32) -> Judgement {
        var legs: [Judgement.Leg] = []
        var notes: [Judgement.Observation] = []
        if sender >= 0 {
            if LinkGuard.isDHCPAnswer(packet.key) {
                return Judgement(legs: [guardLeg(.dhcpServer, at: sender, .egress)])
            }
            let leg =
                isDHCPClient(packet)
                ? Judgement.Leg(
                    interface: interfaces.id(sender), direction: .egress, verdict: .accept, stage: .guard,
                    rule: GuardRule.dhcpClient.id)
                : enterpriseLeg(packet.key, at: sender, .egress, &notes)
                    ?? leg(sender, .egress, packet.key, peer: target)
            legs.append(leg)
            if leg.verdict == .drop { return Judgement(legs: legs, observations: notes) }
        }
        if target >= 0 {
            legs.append(
                enterpriseLeg(packet.key, at: target, .ingress, &notes)
                    ?? leg(target, .ingress, packet.key, peer: source))
        }
        return Judgement(legs: legs, observations: notes)
    }

    @inline(__always)
    func guardFinding(_ packet: Packet, sender: Int32, source: Int32) -> GuardFinding {
        LinkGuard.judge(
            packet,
            GuardFacts(
                isFromInterface: sender >= 0,
                ownsSource: sender >= 0 && source == sender
                    && interfaces.accepts(packet.sourceMAC, from: packet.key.initiator, at: sender),
                sourceIsInterface: source >= 0,
                staysHere: (LinkGuard.concerns(packet) || LinkGuard.hasNoHopLeft(packet)) && staysHere(packet)))
    }

    private func leg(_ interface: Int32, _ direction: Direction, _ key: FlowKey, peer: Int32) -> Judgement.Leg {
        let probe = direction == .ingress ? Probe(ingress: key) : Probe(egress: key)
        let index = match(interface, probe, peer: peer)
        let rule = index >= 0 ? rules.ids[Int(index)] : refusal(interface, direction)
        return Judgement.Leg(
            interface: interfaces.id(interface), direction: direction, verdict: index >= 0 ? .accept : .drop,
            stage: .group, rule: rule)
    }

    /// The first rule that admits a session at one of its ends: at the interface that has the initiator's address for egress,
    /// the target's for ingress. Nil where none does, or where no interface of the policy is there.
    package func rule(admitting key: FlowKey, _ direction: Direction) -> Identifier<Rule>? {
        let source = interfaces.owner(key.initiator)
        let target = interfaces.owner(key.target)
        let (near, far, probe) =
            direction == .egress ? (source, target, Probe(egress: key)) : (target, source, Probe(ingress: key))
        guard near >= 0 else { return nil }
        if let rule = enterprise.isEmpty ? nil : enterprise.blocking(key, direction) {
            return enterprise.observes(interfaces.id(near)) ? rule.id : nil
        }
        let index = match(near, probe, peer: far)
        return index >= 0 ? rules.ids[Int(index)] : nil
    }

    /// The rule that refuses by default what no rule of the interface's groups admits.
    func refusal(_ interface: Int32, _ direction: Direction) -> Identifier<Rule> {
        guard let chain = interfaces.chains(interface).first else {
            return interfaces.value(interface, in: revision.policy).bareRefusal(direction)
        }
        return refusals[Int(chain) + (direction == .ingress ? 0 : 1)]
    }

    /// The first rule of the interface's groups that matches, or -1.
    @inline(__always)
    func match(_ interface: Int32, _ probe: Probe, peer: Int32) -> Int32 {
        let profile = interfaces.profile(interface)
        let members = interfaces.membership(of: peer, probe, seenFrom: profile)
        var position = profile.firstChain
        let end = position &+ profile.chainCount
        while position < end {
            let chain = interfaces.chain(position) &+ probe.chainOffset
            let index = rules.firstMatch(chain, probe) { interfaces.contains(members, $0) }
            if index >= 0 { return index }
            position &+= 1
        }
        return -1
    }
}

import Model

extension Classifier {
    /// Judges a new session's first packet and tells every step, rule by rule.
    ///
    /// It asks the policy itself, not the compiled rules: slower by far, and a second opinion that tests compare.
    package func trace(_ packet: Packet) -> Trace {
        let judgement = judge(packet)
        let source = interfaces.owner(packet.key.initiator)
        let sender = interfaces.sender(packet.origin, source: source)
        let target = interfaces.owner(packet.key.target)
        var steps = guardSteps(packet, judgement, sender: sender)
        var edits: [PolicyEdit] = []
        if !judgement.legs.contains(where: { $0.stage == .guard && $0.verdict == .drop }),
            !LinkGuard.passesEdges(packet, staysHere: staysHere(packet))
        {
            steps += edgeSteps(packet.key, sender: sender, target: target)
        }
        let isJudged = judgement.legs.contains { $0.stage == .group || $0.stage == .enterprise }
        guard isJudged else {
            return Trace(packet: packet, judgement: judgement, steps: steps)
        }
        let ends: [(Int32, Direction, Int32)] = [(sender, .egress, target), (target, .ingress, source)]
        // Stateless groups of the target are asked before any session, and the sender is told of their refusal.
        let isRefusedOnArrival = judgement.legs.count == 2 && judgement.legs[0].verdict == .drop
        for (interface, direction, peer) in ends where interface >= 0 {
            // What the guard let out by a rule of its own asks no group there.
            if judgement.legs.contains(where: { $0.direction == direction && $0.stage == .guard }) { continue }
            let enterpriseSteps = self.enterpriseSteps(packet.key, at: interface, direction)
            let leg = judgement.legs.first { $0.direction == direction }
            // What the enterprise policy decides asks no group.
            let groupSteps =
                leg?.stage == .enterprise
                ? [] : self.groupSteps(packet.key, at: interface, direction, peer: peer)
            let isReached = judgement.legs.contains { $0.direction == direction }
            if isRefusedOnArrival, direction == .egress {
                if let refusal = self.groupSteps(packet.key, at: target, .ingress, peer: source).last {
                    let reason = "the target's groups are stateless and refuse it before any session"
                    steps.append(step(interface, direction, refusal.subject, .drop, reason))
                }
            } else if isReached {
                steps += enterpriseSteps + groupSteps
            } else {
                let reason = "the packet was refused at its source"
                steps.append(step(interface, direction, .unreached, nil, reason))
            }
            // An end that is not reached may refuse as well: mending the first alone would not do.
            // No rule makes a DHCP server of an instance.
            let isServer = sender >= 0 && LinkGuard.isDHCPAnswer(packet.key)
            if let leg, leg.stage == .enterprise {
                if let edit = enterpriseEdit(leg, packet.key) { edits.append(edit) }
                continue
            }
            if !isServer, !groupSteps.contains(where: { $0.verdict == .accept }) {
                edits.append(edit(packet.key, at: interface, direction, peer: peer))
            }
        }
        var trace = Trace(packet: packet, judgement: judgement, steps: steps, leastEdit: edits)
        if judgement.verdict == .accept { addAnswer(to: &trace) }
        return trace
    }

    /// Adds the steps of what the answer meets before connection tracking, where it is refused there.
    private func addAnswer(to trace: inout Trace) {
        guard refusalOfAnswer(trace.packet) != nil, let answer = trace.packet.key.answer else { return }
        let sender = interfaces.owner(answer.initiator)
        let target = interfaces.owner(answer.target)
        trace.answer = edgeSteps(answer, sender: sender, target: target)
        guard trace.answer.last?.verdict != .drop else { return }
        let ends: [(Int32, Direction, Int32)] = [(sender, .egress, target), (target, .ingress, sender)]
        for (interface, direction, peer) in ends where interfaces.isStateless(interface) {
            let steps = groupSteps(answer, at: interface, direction, peer: peer)
            let isRefused = steps.last?.verdict == .drop
            // Only the first refusal is met, but mending it alone would not do.
            if trace.answer.last?.verdict != .drop { trace.answer += steps }
            if isRefused {
                trace.answerEdit.append(edit(answer, at: interface, direction, peer: peer, isAnswer: true))
            }
        }
    }

    func step(
        _ interface: Int32, _ direction: Direction?, _ subject: Trace.Step.Subject, _ verdict: Verdict?,
        _ reason: String
    ) -> Trace.Step {
        Trace.Step(
            interface: interface >= 0 ? interfaces.label(interface, in: revision.policy) : "", direction: direction,
            subject: subject, verdict: verdict, reason: reason)
    }

    private func guardSteps(_ packet: Packet, _ judgement: Judgement, sender: Int32) -> [Trace.Step] {
        let source = interfaces.owner(packet.key.initiator)
        let finding = guardFinding(packet, sender: sender, source: source)
        let direction: Direction? = sender >= 0 ? .egress : nil
        switch finding {
        case .upkeep: return [step(sender, direction, .guard, .accept, "link upkeep passes unjudged")]
        case .refuse(let rule):
            let target = interfaces.owner(packet.key.target)
            let isAtTarget = sender < 0 && target >= 0
            guard sender >= 0 || isAtTarget else {
                let words = reason(rule, packet, sender: sender, source: source)
                return rule == .impostor ? [step(-1, nil, .guard, .drop, words)] : []
            }
            return [
                step(
                    isAtTarget ? target : sender, isAtTarget ? .ingress : direction,
                    .refusal(id: rule.id, text: rule.text), .drop, reason(rule, packet, sender: sender, source: source))
            ]
        case .pass:
            guard sender >= 0 else { return [] }
            if let leg = judgement.legs.first, leg.stage == .guard {
                let rule: GuardRule = leg.verdict == .accept ? .dhcpClient : .dhcpServer
                let words =
                    leg.verdict == .accept
                    ? "a DHCP client asks its server" : reason(rule, packet, sender: sender, source: source)
                return [step(sender, .egress, .refusal(id: rule.id, text: rule.text), leg.verdict, words)]
            }
            return [step(sender, .egress, .guard, nil, "source \(packet.key.initiator) is the interface's own")]
        }
    }

    private func reason(_ rule: GuardRule, _ packet: Packet, sender: Int32, source: Int32) -> String {
        switch rule {
        case .spoof:
            let own = interfaces.value(sender, in: revision.policy)
            let usable = own.sources.filter { $0.prefix.contains(packet.key.initiator) }
            if let mac = packet.sourceMAC, !usable.isEmpty, source == sender {
                return "source MAC is \(mac), not \(usable.compactMap(\.mac?.description).joined(separator: " or "))"
            }
            let addresses = (own.allAddresses.map(\.description) + own.allPrefixes.map(\.description)).joined(
                separator: " or ")
            return "source is \(packet.key.initiator), not \(addresses)"
        case .impostor:
            return "source \(packet.key.initiator) is that of \(interfaces.label(source, in: revision.policy))"
        case .linkUpkeep:
            return staysHere(packet)
                ? "hop limit \(packet.hopLimit.map(String.init) ?? "?") says that it comes from beyond the link"
                : "\(packet.key.target) is beyond the link"
        case .headers: return "an authentication header in IPv6 hides what it carries from rules"
        case .hopLimit: return "hop limit \(packet.hopLimit.map(String.init) ?? "?") ends at the host"
        // The classifier's host leads packets where they belong.
        case .dhcpServer, .routerAdvertisement, .invalid, .untracked, .held, .dhcpClient, .hostError, .misrouted:
            guard sender >= 0 else { return "the packet came from outside" }
            return "the packet was sent by \(interfaces.value(sender, in: revision.policy).name)"
        }
    }

    private func groupSteps(
        _ key: FlowKey, at interface: Int32, _ direction: Direction, peer: Int32
    ) -> [Trace.Step] {
        let value = interfaces.value(interface, in: revision.policy)
        let vpc = interfaces.vpc(interface, in: revision.policy)
        let other = direction == .ingress ? key.initiator : key.target
        let peerGroups = groups(of: peer, other, seenFrom: vpc)
        var steps: [Trace.Step] = []
        let groups = value.groups.compactMap { name in vpc.groups.first { $0.name == name } }
        for group in groups {
            let rules = group.rules.filter { $0.direction == direction }
            steps.append(step(interface, direction, .group(group.name), nil, count(rules.count, direction)))
            for rule in rules {
                let mismatch =
                    RuleReason.mismatch(rule.family, key) ?? RuleReason.mismatch(rule.service, key)
                    ?? RuleReason.mismatch(rule.remote, other, peerGroups: peerGroups)
                    ?? RuleReason.mismatch(local: rule.local, direction == .ingress ? key.target : key.initiator)
                steps.append(
                    step(
                        interface, direction, .rule(id: rule.id, text: rule.text), mismatch == nil ? .accept : nil,
                        mismatch ?? "matches"))
                if mismatch == nil { return steps }
            }
        }
        let id = groups.first?.defaultRefusal(direction) ?? value.bareRefusal(direction)
        let text =
            groups.first.map { "default refusal of \(direction.rawValue) in group \($0.name)" }
            ?? "\(direction.rawValue) refused"
        let reason = groups.isEmpty ? "no group is attached" : "no rule of its groups matches"
        return steps + [step(interface, direction, .refusal(id: id, text: text), .drop, reason)]
    }

    private func count(_ rules: Int, _ direction: Direction) -> String {
        rules == 0 ? "no \(direction.rawValue) rule" : "\(rules) \(direction.rawValue) rule\(rules == 1 ? "" : "s")"
    }

    /// The groups of a peer that rules of this VPC can name.
    private func groups(of peer: Int32, _ address: IPAddress, seenFrom vpc: VPC) -> [String] {
        guard peer >= 0 else {
            return vpc.groups.filter { $0.membersElsewhere.contains(address) }.map(\.name)
        }
        guard interfaces.vpc(peer, in: revision.policy).id == vpc.id else { return [] }
        let names = interfaces.value(peer, in: revision.policy).groups
        return names.filter { name in vpc.groups.contains { $0.name == name } }
    }

    /// The narrowest rule that admits the packet at one interface, and the group that should have it.
    ///
    /// * `isAnswer`: whether the packet goes to a port that its initiator chose, which no rule can name beforehand.
    private func edit(
        _ key: FlowKey, at interface: Int32, _ direction: Direction, peer: Int32, isAnswer: Bool = false
    ) -> PolicyEdit {
        let vpc = interfaces.vpc(interface, in: revision.policy)
        let own = Set(vpc.groups.filter { !$0.isPredefined }.map(\.name))
        let other = direction == .ingress ? key.initiator : key.target
        let remote: Remote =
            groups(of: peer, other, seenFrom: vpc).first(where: own.contains).map(Remote.group)
            ?? .prefix(IPPrefix(other))
        let rule = Rule(
            id: Identifier(high: 0, low: 0), direction: direction,
            service: isAnswer && key.transport.hasPorts ? .transport(key.transport, nil) : narrowestService(key),
            remote: remote)
        return PolicyEdit(
            group: interfaces.value(interface, in: revision.policy).groups.first(where: own.contains),
            rule: rule.text, interface: interfaces.label(interface, in: revision.policy), vpc: vpc.name)
    }

    func narrowestService(_ key: FlowKey) -> Service {
        let transport = key.transport
        if transport.isICMP {
            let service = Service.icmp(transport, type: key.icmpType, code: key.icmpCode)
            // ICMP within the other family's packets has no service of its own.
            return service.family == key.initiator.family ? service : .any
        }
        // The policy file has no rule for port 0 alone.
        guard let port = key.targetPort, port > 0 else { return .transport(transport, nil) }
        return .transport(transport, PortRange(port, port))
    }
}

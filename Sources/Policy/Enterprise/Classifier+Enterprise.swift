import Model

extension Classifier {
    /// What the enterprise policy refuses of a session at one of its ends, or lets pass there as a note; nil where groups decide.
    ///
    /// * `notes`: gets the rules that observe it.
    func enterpriseLeg(
        _ key: FlowKey, at interface: Int32, _ direction: Direction, _ notes: inout [Judgement.Observation]
    ) -> Judgement.Leg? {
        guard !enterprise.isEmpty else { return nil }
        let id = interfaces.id(interface)
        let rule = enterprise.blocking(key, direction) {
            notes.append(Judgement.Observation(interface: id, direction: direction, rule: $0.id))
        }
        guard let rule else { return nil }
        return Judgement.Leg(
            interface: id, direction: direction, verdict: enterprise.observes(id) ? .accept : .drop, stage: .enterprise,
            rule: rule.id)
    }

    /// Whether the enterprise policy refuses a session at one of its ends.
    func isBlocked(_ key: FlowKey, at interface: Int32, _ direction: Direction) -> Bool {
        !enterprise.isEmpty && enterprise.blocking(key, direction) != nil
            && !enterprise.observes(interfaces.id(interface))
    }

    /// So many rules are told one by one; of more, those that match.
    private static let told = 24

    /// What the enterprise policy was asked at an end, as far as it got.
    func enterpriseSteps(_ key: FlowKey, at interface: Int32, _ direction: Direction) -> [Trace.Step] {
        let reasons = enterprise.reasons(key, direction)
        guard !reasons.isEmpty else { return [] }
        let rules = "\(reasons.count) \(direction.rawValue) rule\(reasons.count == 1 ? "" : "s")"
        var steps = [step(interface, direction, .enterprise, nil, rules)]
        var passed = 0
        for (rule, mismatch) in reasons {
            let subject = Trace.Step.Subject.rule(id: rule.id, text: "\(rule.name): \(rule.text)")
            guard mismatch == nil else {
                passed += 1
                if reasons.count <= Self.told { steps.append(step(interface, direction, subject, nil, mismatch ?? "")) }
                continue
            }
            switch rule.action {
            case .observe: steps.append(step(interface, direction, subject, nil, "matches, and observes"))
            case .allow:
                steps.append(step(interface, direction, subject, nil, "matches: the groups decide"))
                return summed(steps, passed, interface, direction, reasons.count)
            case .block:
                let isNote = enterprise.observes(interfaces.id(interface))
                steps.append(
                    step(
                        interface, direction, subject, isNote ? .accept : .drop,
                        isNote ? "matches, and would refuse: the interface is observed" : "matches"))
                return summed(steps, passed, interface, direction, reasons.count)
            }
        }
        return summed(steps, passed, interface, direction, reasons.count)
    }

    private func summed(
        _ steps: [Trace.Step], _ passed: Int, _ interface: Int32, _ direction: Direction, _ count: Int
    ) -> [Trace.Step] {
        guard count > Self.told, passed > 0, var first = steps.first else { return steps }
        first = step(
            interface, direction, first.subject, nil, "\(count) \(direction.rawValue) rules, \(passed) asked in vain")
        return [first] + steps.dropFirst()
    }

    /// The enterprise rule that would let a session through where one refuses it, put before that.
    func enterpriseEdit(_ leg: Judgement.Leg, _ key: FlowKey) -> PolicyEdit? {
        guard leg.stage == .enterprise, leg.verdict == .drop,
            let rule = revision.policy.enterprise?.first(where: { $0.id == leg.rule })
        else { return nil }
        let interface = interfaces.sender(.interface(leg.interface), source: -1)
        let allow = EnterpriseRule(
            id: leg.rule, name: "", action: .allow, direction: leg.direction,
            source: .anyOf([.prefix(IPPrefix(key.initiator))]), target: .anyOf([.prefix(IPPrefix(key.target))]),
            services: [narrowestService(key)])
        return PolicyEdit(
            group: nil, rule: allow.text, interface: interfaces.label(interface, in: revision.policy),
            vpc: interfaces.vpc(interface, in: revision.policy).name, before: rule.name)
    }
}

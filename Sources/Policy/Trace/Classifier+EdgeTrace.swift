import Model

extension Classifier {
    /// What the network ACLs were asked about a packet, edge by edge, as far as it got.
    func edgeSteps(_ key: FlowKey, sender: Int32, target: Int32) -> [Trace.Step] {
        var steps: [Trace.Step] = []
        for (interface, direction) in [(sender, Direction.egress), (target, .ingress)] {
            guard let place = edges.acl(at: interface, direction, key) else { continue }
            let acl = edges.acls[place]
            let rules = acl.rules.filter { $0.direction == direction }
            steps.append(step(interface, direction, .acl(acl.name), nil, edgeSummary(rules.count, direction)))
            var isDecided = false
            for rule in rules where !isDecided {
                let mismatch = rule.mismatch(key)
                let verdict: Verdict? = mismatch == nil ? (rule.action == .allow ? .accept : .drop) : nil
                steps.append(
                    step(interface, direction, .rule(id: rule.id, text: rule.text), verdict, mismatch ?? "matches"))
                isDecided = verdict != nil
            }
            if !isDecided {
                let refusal = Trace.Step.Subject.refusal(
                    id: acl.defaultRefusal(direction), text: acl.defaultRefusalText(direction))
                steps.append(step(interface, direction, refusal, .drop, "no rule of the list matches"))
            }
            if steps.last?.verdict == .drop { return steps }
        }
        return steps
    }

    private func edgeSummary(_ count: Int, _ direction: Direction) -> String {
        "\(count) \(direction.rawValue) rule\(count == 1 ? "" : "s") at the subnet's edge"
    }
}

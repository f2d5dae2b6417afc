package import Model

/// Whether what is asserted of a policy holds, exactly.
package struct AssertionCheck: Sendable {
    /// An assertion that does not hold, and why.
    package struct Breach: Hashable, Sendable {
        package let assertion: PolicyAssertion
        /// The packets that should not pass, or should and do not; empty where there is nobody to reach or be reached.
        package let boxes: [PacketBox<Verdict>]
    }

    /// The assertions of the policy that do not hold, in its order.
    package static func breaches(_ policy: Policy) -> [Breach] {
        guard let assertions = policy.assertions, !assertions.isEmpty else { return [] }
        var survey = Survey([policy])
        return assertions.compactMap { breach($0, policy, &survey) }
    }

    private static func breach(_ assertion: PolicyAssertion, _ policy: Policy, _ survey: inout Survey) -> Breach? {
        let sources = Members(assertion.source, policy)
        let targets = Members(assertion.target, policy)
        let service = assertion.service
        var asked = 0
        // What is wrong with the packets between two ends: those that pass, or those that do not.
        func pieces(_ from: @escaping (End?) -> Bool, _ wrong: (PacketSpace, PacketSpace, PacketSpace) -> PacketSpace)
            -> [Survey.Piece]
        {
            survey.pieces(skipsUnchanged: false, from: from, to: targets.hold, kinds: 1) {
                walk, source, target, family in
                asked += 1
                let passage = walk.passage(from: source[0], to: target[0])
                let space = wrong(
                    walk.pool[passage.accepted], walk.pool[passage.unanswered], PacketSpace(service, family))
                return [walk.pool.number(space)]
            }
        }
        var found: [Survey.Piece] = []
        var verdict = Verdict.accept
        switch assertion.claim {
        case .never: found = pieces(sources.hold) { accepted, _, service in accepted.combined(service, .intersection) }
        case .reaches:
            verdict = .drop
            found = pieces(sources.hold) { accepted, unanswered, service in
                service.combined(accepted.combined(unanswered, .difference), .difference)
            }
            // Nobody reaches nobody: what was asserted does not come about.
            if asked == 0 { return Breach(assertion: assertion, boxes: []) }
        case .only:
            found = pieces(sources.hold) { accepted, _, service in accepted.combined(service, .difference) }
            // The target's own members are not meant.
            found += pieces({ !sources.hold($0) && !targets.hold($0) }) { accepted, _, _ in accepted }
        }
        let boxes = found.flatMap { piece in
            survey.space(piece.space).boxes.map { box in
                PacketBox(
                    from: piece.from, to: piece.to, space: box, word: verdict, answer: nil,
                    witness: box.witness(piece.source, piece.target))
            }
        }
        return boxes.isEmpty ? nil : Breach(assertion: assertion, boxes: boxes)
    }

    /// The ends that one side of an assertion means.
    private struct Members {
        private let end: PolicyAssertion.End
        private let owners: Set<String>

        init(_ end: PolicyAssertion.End, _ policy: Policy) {
            self.end = end
            var owners: Set<String> = []
            for vpc in policy.vpcs {
                for instance in vpc.instances {
                    for interface in instance.interfaces {
                        let label = "\(instance.name)/\(interface.name)"
                        let isMeant =
                            switch end {
                            case .any, .outside: false
                            case .group(let name): interface.groups.contains(name)
                            case .interface(let name): name == label || name == instance.name
                            }
                        if isMeant { owners.insert("\(vpc.name)/\(label)") }
                    }
                }
            }
            self.owners = owners
        }

        func hold(_ other: End?) -> Bool {
            switch end {
            case .any: true
            case .outside: other == nil
            case .group, .interface: other.map { owners.contains($0.owner) } ?? false
            }
        }
    }
}

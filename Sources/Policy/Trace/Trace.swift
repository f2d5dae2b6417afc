package import Model

/// Everything that was considered about one packet, in the order of decision.
package struct Trace: Hashable, Sendable {
    /// One thing that was asked, and its answer.
    package struct Step: Hashable, Sendable {
        /// What was asked.
        package enum Subject: Hashable, Sendable {
            case `guard`
            /// A group's name; the steps that follow are its rules.
            case group(String)
            /// The enterprise policy; the steps that follow are its rules.
            case enterprise
            /// A network ACL's name; the steps that follow are its rules.
            case acl(String)
            case rule(id: Identifier<Rule>, text: String)
            case refusal(id: Identifier<Rule>, text: String)
            /// An end that the packet does not get to.
            case unreached
        }

        /// Label of the interface, as `web-1/eth0`; empty where none of ours is concerned.
        package let interface: String
        package let direction: Direction?
        package let subject: Subject
        /// Whether this step decided at the interface, and how.
        package let verdict: Verdict?
        /// Why the step decided or not, as a sentence's end: `port 80 is not 443`.
        package let reason: String
    }

    package let packet: Packet
    package let judgement: Judgement
    package let steps: [Step]
    /// What would turn a refusal by groups into acceptance; empty for what is accepted or refused by the guard.
    package let leastEdit: [PolicyEdit]
    /// Where a network ACL or stateless groups refuse the answer to a packet that is accepted; empty where answers come back.
    package internal(set) var answer: [Step] = []
    /// What would turn a refusal of the answer by stateless groups into acceptance.
    package internal(set) var answerEdit: [PolicyEdit] = []

    init(packet: Packet, judgement: Judgement, steps: [Step], leastEdit: [PolicyEdit] = []) {
        self.packet = packet
        self.judgement = judgement
        self.steps = steps
        self.leastEdit = leastEdit
    }
}

extension Trace.Step: CustomStringConvertible {
    package var description: String {
        switch subject {
        case .guard: "guard: \(reason)"
        case .group(let name): "group \(name): \(reason)"
        case .enterprise: "enterprise policy: \(reason)"
        case .acl(let name): "network ACL \(name): \(reason)"
        case .rule(_, let text): "  \(verdict.map { $0 == .accept ? "✓" : "✗" } ?? "·") \(text): \(reason)"
        case .refusal(_, let text): "✗ \(text): \(reason)"
        case .unreached: "not reached: \(reason)"
        }
    }
}

extension Trace: CustomStringConvertible {
    /// What stands above the steps that refuse the answer.
    package static let answerIsRefused = "but its answer is refused: network ACLs and stateless groups keep no sessions"

    /// What stands before an edit that lets answers back.
    package static let toAnswer = "to let answers back"

    /// The trace for a terminal: a heading for each end, a line for each step, the verdict, the edits.
    package var description: String {
        var lines: [String] = []
        var heading = ""
        for step in steps {
            let place = step.direction.map { "\($0.rawValue) at \(step.interface)" } ?? "link"
            if place != heading { lines.append(place) }
            heading = place
            lines.append("  \(step)")
        }
        if steps.isEmpty { lines.append("neither end is an interface of the policy") }
        lines.append(judgement.verdict == .accept ? "accepted" : "refused")
        lines += answer.isEmpty ? [] : [Self.answerIsRefused] + answer.map { "  \($0)" }
        lines += leastEdit.map { "to accept: \($0)" } + answerEdit.map { "\(Self.toAnswer): \($0)" }
        return lines.joined(separator: "\n")
    }
}

/// One change of a policy that lets a packet through at one interface.
package struct PolicyEdit: Hashable, Sendable, CustomStringConvertible {
    /// The group that gets the rule; nil where the interface carries none that can be edited.
    package let group: String?
    /// The rule in the policy file's words.
    package let rule: String
    /// Label of the interface that it is for.
    package let interface: String
    package let vpc: String
    /// Name of the enterprise rule that it is to stand before; nil where the rule is a group's.
    package let before: String?

    init(group: String?, rule: String, interface: String, vpc: String, before: String? = nil) {
        self.group = group
        self.rule = rule
        self.interface = interface
        self.vpc = vpc
        self.before = before
    }

    package var description: String {
        if let before { return "put \"\(rule)\" before enterprise rule \(before)" }
        guard let group else { return "attach to \(interface) a group with \"\(rule)\"" }
        return "add \"\(rule)\" to group \(group)"
    }
}

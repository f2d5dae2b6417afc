import Model
import Policy
import Records
import Terminal

/// A trace with who made each rule, and when.
struct Explanation {
    let question: Question
    let revision: Revision
    let trace: Trace
    private let catalogue: Catalogue

    /// * `instant`: enterprise rules are asked that are in force then.
    init(_ question: Question, revision: Revision, catalogue: Catalogue, at instant: Timestamp = .now) {
        self.question = question
        self.revision = revision
        self.catalogue = catalogue
        trace = Classifier(revision.with(policy: revision.policy.inForce(at: instant))).trace(question.packet)
    }

    var isAccepted: Bool { trace.judgement.verdict == .accept }

    /// Whether the session can work: its first packet gets there, and the answer comes back.
    var works: Bool { isAccepted && trace.answer.isEmpty }

    /// What made a rule: the revision, who made it and when. A refusal by default holds because of the revision in
    /// force; the guard answers to nobody.
    private func change(_ subject: Trace.Step.Subject) -> Catalogue.RevisionNote? {
        switch subject {
        case .rule(let id, _):
            revision.ruleOrigins[id.description].flatMap(catalogue.revision)
        case .refusal(let id, _):
            GuardRule.allCases.contains { $0.id == id } ? nil : catalogue.revision(revision.number)
        case .guard, .group, .enterprise, .acl, .unreached: nil
        }
    }

    /// The trace for people: a heading for each end, what was considered there, the verdict, the least edit.
    func lines(_ time: LocalTime, hasColour: Bool = Console.hasColour) -> [String] {
        let service = Wording.service(question.packet.key)
        // What a policy file would be made into has no maker yet.
        let origin =
            revision.actor.isEmpty ? revision.origin : Wording.change(Catalogue.RevisionNote(revision), time)
        var lines = ["\(question.source) → \(question.target) \(service), \(origin)"]
        var heading = ""
        for step in trace.steps {
            let place = step.direction.map { "\($0.rawValue) at \(step.interface)" } ?? "link"
            if place != heading { lines.append(Console.paint(place, .bold, isOn: hasColour)) }
            heading = place
            lines.append("  \(step)" + provenance(step, time))
        }
        if trace.steps.isEmpty { lines.append("neither end is an interface of the policy") }
        lines.append(
            isAccepted
                ? Console.paint("accepted", .green, isOn: hasColour) : Console.paint("refused", .red, isOn: hasColour))
        if !trace.answer.isEmpty {
            lines.append(Console.paint(Trace.answerIsRefused, .red, isOn: hasColour))
            lines += trace.answer.map { "  \($0)" + provenance($0, time) }
        }
        return lines + trace.leastEdit.map { "to accept: \($0)" } + trace.answerEdit.map { "\(Trace.toAnswer): \($0)" }
    }

    private func provenance(_ step: Trace.Step, _ time: LocalTime) -> String {
        switch step.subject {
        case .rule(let id, _):
            " [\(id.short)" + (change(step.subject).map { ", \(Wording.change($0, time))" } ?? "") + "]"
        case .refusal(let id, _):
            " [\(id.short)" + (change(step.subject).map { ", in force: \(Wording.change($0, time))" } ?? "") + "]"
        case .guard, .group, .enterprise, .acl, .unreached: ""
        }
    }

    var fields: [Field] {
        let key = question.packet.key
        return [
            Field("src_ip", .text(key.initiator.description)), Field("dst_ip", .text(key.target.description)),
            Field("service", .text(Wording.service(key))), Field("revision", .number(revision.number)),
            Field("made_by", .text(revision.actor)), Field("made_at", .instant(revision.madeAt)),
            Field("verdict", .text(Wording.verdict(trace.judgement.verdict))),
            Field("steps", .list(trace.steps.map { .object(fields($0)) })),
            Field("least_edit", .list(trace.leastEdit.map { .object(fields($0)) })),
            Field("answer_refused", .list(trace.answer.map { .object(fields($0)) })),
            Field("answer_edit", .list(trace.answerEdit.map { .object(fields($0)) })),
        ]
    }

    private func fields(_ step: Trace.Step) -> [Field] {
        let (kind, name, id): (String, String?, String?) =
            switch step.subject {
            case .guard: ("guard", nil, nil)
            case .group(let name): ("group", name, nil)
            case .enterprise: ("enterprise", nil, nil)
            case .acl(let name): ("acl", name, nil)
            case .rule(let id, let text): ("rule", text, id.description)
            case .refusal(let id, let text): ("refusal", text, id.description)
            case .unreached: ("unreached", nil, nil)
            }
        let change = change(step.subject)
        return [
            Field("interface", .text(step.interface.isEmpty ? nil : step.interface)),
            Field("direction", .text(step.direction?.rawValue)), Field("kind", .text(kind)),
            Field(kind == "group" || kind == "acl" ? kind : "rule", .text(name)), Field("rule_id", .text(id)),
            Field("verdict", .text(step.verdict.map(Wording.verdict))), Field("reason", .text(step.reason)),
            Field("revision", .number(change?.number)), Field("changed_by", .text(change?.actor)),
            Field("changed_at", .instant(change?.madeAt)),
        ]
    }

    private func fields(_ edit: PolicyEdit) -> [Field] {
        [
            Field("vpc", .text(edit.vpc)), Field("group", .text(edit.group)), Field("rule", .text(edit.rule)),
            Field("interface", .text(edit.interface)), Field("before", .text(edit.before)),
        ]
    }
}

import ArgumentParser
import Link
import Model
import Policy
import Terminal

struct Promote: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a block of an observe rule, as one change: in the kernel whole, or not at all.",
        discussion: """
            Look at `gatehouse policy evidence` before. The policy file is the operator's: write action: block there as well, or its
            next apply makes an observe rule of it again.

            Example: gatehouse policy promote watch-db --plan
            """)

    @Argument(help: "Name of the observe rule.")
    var rule: String

    @Flag(help: "Show what would change, and change nothing.")
    var plan = false

    @OptionGroup var data: DataOptions

    func run() throws {
        let former = try RevisionChoice.latest.load(RevisionStore(try data.existingFolder()))
        let rules = former.policy.enterprise ?? []
        guard let place = rules.firstIndex(where: { $0.name == rule }) else {
            let known = rules.filter { $0.action == .observe }.map(\.name)
            throw NotFound(
                "rule \(rule): revision \(former.number) has no such enterprise rule; "
                    + Suggestion.mend(rule, among: known, none: "it has none that observes"))
        }
        guard rules[place].action == .observe else {
            throw NotFound(
                "rule \(rule): it does not observe, it says \(rules[place].action.rawValue); name an observe rule")
        }
        var policy = former.policy
        policy.enterprise?[place].action = .block
        let origin = "promote \(rule)"
        let next = former.next(policy: policy, actor: "", origin: origin, at: .now)
        let difference = PolicyDifference(from: former.policy, to: next.policy)
        for line in difference.lines { print(Console.paint(line.text, line.kind.colour)) }
        print("\(difference.summary) (against revision \(former.number))")
        if plan { return }
        let request = ControlRequest.apply(policy: policy, origin: origin, sessions: .cut)
        guard case .receipt(let receipt) = try AgentClient(data.folder).ask(request) else {
            throw NotFound.otherVersion
        }
        for line in receipt.lines(LocalTime(now: .now)) { print(line) }
        Console.tell("write action: block in the policy file as well: its next apply says what holds")
    }
}

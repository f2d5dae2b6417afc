import Analysis
import ArgumentParser
import Model
import Terminal

/// Says which assertions of a policy do not hold.
enum BrokenAssertions {
    /// The lines for people, of each assertion its text and the first packets that break it.
    static func lines(_ policy: Policy) -> [String] {
        AssertionCheck.breaches(policy.inForce(at: .now)).flatMap { breach in
            let boxes = breach.boxes.prefix(3).map { box in
                let what = box.word == .accept ? "passes" : "does not pass"
                return "  \(box.from) → \(box.to) \(what), as \(box.witness.initiator) → \(box.witness.target) "
                    + Wording.service(box.witness)
            }
            let rest = breach.boxes.count - boxes.count
            return ["assertion broken: \(breach.assertion.text)"] + boxes
                + (breach.boxes.isEmpty ? ["  nobody is there whom it is about"] : [])
                + (rest > 0 ? ["  and \(rest) more"] : [])
        }
    }

    /// Ends the command where an assertion does not hold; nothing has been changed then.
    static func refuse(_ policy: Policy) throws {
        let lines = lines(policy)
        guard !lines.isEmpty else { return }
        for line in lines { Console.tell(line) }
        Console.tell("nothing was changed: mend the policy, or the assertion")
        throw ExitCode.failure
    }
}

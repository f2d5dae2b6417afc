import ArgumentParser
import Link
import Model
import Policy
import PolicyFiles
import Terminal

struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the policy in force here, or an earlier one, as a policy file.",
        discussion: """
            What is written is read again: where a file cannot say all of the policy, the difference is told and the exit \
            code is 3.

            Example: gatehouse policy export --revision 3
            """)

    @Option(help: "The revision's number (default: the latest).")
    var revision: Int?

    @OptionGroup var data: DataOptions

    func run() throws {
        let revision =
            try self.revision.map { try StoredRevisions(data).load($0) }
            ?? RevisionChoice.latest.load(RevisionStore(try data.existingFolder()))
        let text = PolicyFileWriter.text(revision.policy)
        print(text, terminator: "")
        let lacking: [String]
        do {
            let again = try PolicyFile.load(text, name: "export")
            let next = PolicySource.revision(again, after: revision, origin: "")
            lacking = PolicyDifference(from: revision.policy, to: next.policy).lines.map(\.text)
        } catch {
            lacking = ["\(error)"]
        }
        guard !lacking.isEmpty else { return }
        Console.tell("a policy file cannot say all of revision \(revision.number):")
        for line in lacking { Console.tell(line) }
        throw ExitCode.no
    }
}

package import ArgumentParser
import Foundation
import Terminal

/// The command line: changes policies, reads what was recorded, explains.
package struct Gatehouse: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "Security groups in the kernel, and a log whose books balance.",
        discussion: """
            Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 the answer is no (explain: refused, or its answer
            is; books: not balanced; status: not enforced; apply --plan: would be refused).
            """,
        version: "0.1.0",
        subcommands: [
            Demo.self, Up.self, Down.self, Apply.self, PlanCommand.self, ReachCommand.self, LintCommand.self,
            ReplayCommand.self, ScanCommand.self, Events.self, Flows.self, ImportCommand.self, ArchiveCommand.self,
            ConnectCommand.self, DetectCommand.self,
            BooksCommand.self, Flush.self, Explain.self, Status.self, DoctorCommand.self, Release.self, Interfaces.self,
            Attach.self, Detach.self, WatchCommand.self, Integrate.self, Hook.self,
            Revisions.self, PolicyCommand.self, Serve.self, HostCommand.self, Audit.self, CollectorCommand.self,
            BucketCommand.self, SinkCommand.self, ACLCommand.self, Backup.self, Restore.self, Verify.self,
        ])

    package init() {}

    /// Runs the command in the main thread, which keeps the signals that commands wait for.
    @MainActor package static func main() async {
        do {
            var command = try parseAsRoot()
            if var serving = command as? any AsyncParsableCommand {
                try await serving.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            // ArgumentParser's own errors know their message; 64 (EX_USAGE) is our 2.
            let code = exitCode(for: error)
            if code == .success {
                print(fullMessage(for: error))
            } else if code == .validationFailure {
                Console.tell(fullMessage(for: error))
                Foundation.exit(2)
            } else {
                Console.tell("gatehouse: \(error)")
                Foundation.exit(1)
            }
        }
    }
}

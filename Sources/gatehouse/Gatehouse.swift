import ArgumentParser
import Foundation
import Host
import Link

/// The command line: changes policies, reads what was recorded, explains.
@main struct Gatehouse: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "Security groups in the kernel, and a log whose books balance.",
        discussion: """
            Exit codes: 0 done, 1 refused or not found, 2 wrong usage, 3 the answer is no (explain: refused; books: not
            balanced).
            """,
        version: "0.1.0",
        subcommands: [
            Demo.self, Up.self, Apply.self, Events.self, Flows.self, BooksCommand.self, Explain.self, Status.self,
            Revisions.self, Serve.self, HostCommand.self, Audit.self, CollectorCommand.self,
            BucketCommand.self, ACLCommand.self, Backup.self, Restore.self, Verify.self,
        ])

    static func main() async {
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

/// Where a command finds the host's data.
struct DataOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder of the host's agent (default: $GATEHOUSE_DATA or /var/lib/gatehouse).")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_DATA"] ?? "/var/lib/gatehouse"

    var folder: DataFolder { DataFolder(data) }

    /// The folder, once it is known to be there.
    func existingFolder() throws -> DataFolder {
        guard DurableFile.exists(data) else {
            throw NotFound(
                "data folder \(data): there is none; name one with --data, or start an agent with "
                    + "`gatehouse up --data \(data)`"
            )
        }
        return folder
    }
}

/// Something that was asked for and is not there.
struct NotFound: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static let otherVersion = NotFound(
        "the agent answered something else: it is of another version; start it anew, its rules stay")
}

extension ExitCode {
    /// The answer is no.
    static let no = ExitCode(3)
}

import ArgumentParser
import Host
import Link
import Terminal

struct Down: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take rules, routes, addresses, proxying and switches back to what they were before the agent.",
        discussion: """
            Nothing is judged from then on. The agent must have been stopped. Revisions, records and logs stay in the data folder;
            devices that were set up stay up.

            Example: gatehouse down --data /var/lib/gatehouse
            """)

    @OptionGroup var data: DataOptions

    func run() throws {
        let folder = try data.existingFolder()
        let program = AgentSupervisor.programPath(beside: Up.ownPath)
        let output = try ChildProcess.run(program, ["--take-down", "--data", folder.path])
        Console.write(Array(output.output.utf8))
        guard output.exit == .code(0) else {
            for line in output.errors.split(separator: "\n") {
                Console.tell(line.hasPrefix("Error: ") ? String(line.dropFirst(7)) : String(line))
            }
            throw ExitCode.failure
        }
    }
}

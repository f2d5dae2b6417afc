import ArgumentParser
import Foundation
import Host
import Link

struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the host's agent, keep its sockets, start it again should it die.",
        discussion: """
            Ctrl-C and SIGTERM stop the agent; the rules stay in the kernel.

            Example: gatehouse up --data /var/lib/gatehouse -f shop.yaml
            """)

    @OptionGroup var data: DataOptions

    @Option(name: .shortAndLong, help: "A policy file to apply once the agent is up.")
    var file: String?

    @Option(help: "Length of a capture window in seconds, 1 to 600.")
    var window = 60

    @Flag(inversion: .prefixedNo, help: "Put the rules into the kernel.")
    var enforce = true

    func run() throws {
        let signals = try SignalDescriptor(SignalDescriptor.endings)
        let supervisor = try AgentSupervisor(
            data.folder, program: AgentSupervisor.programPath(beside: Self.ownPath),
            arguments: ["--window", "\(window)"] + (enforce ? [] : ["--no-enforce"]))
        try supervisor.start()
        do {
            try AgentClient(data.folder).waitUntilReady(seconds: 20)
        } catch {
            // It said why on standard error.
            try supervisor.stop()
            throw ExitCode.failure
        }
        Console.tell("agent \(supervisor.process?.pid ?? 0) works in \(data.data); stop with Ctrl-C, the rules stay")
        if let file {
            let apply = try Apply.parse(["-f", file, "--data", data.data])
            do { try apply.run() } catch {
                try supervisor.stop()
                throw error
            }
        }
        while true {
            _ = try Polling.wait([supervisor.number, signals.number], timeoutNanoseconds: 200_000_000)
            if signals.next() != nil { break }
            guard let exit = try supervisor.look() else { continue }
            Console.tell("the agent ended (\(exit)); starting it again")
            _ = try Polling.wait([signals.number], timeoutNanoseconds: 100_000_000)
            try supervisor.start()
        }
        try supervisor.stop()
        Console.tell("stopped; the rules stay in the kernel")
    }

    /// The path of this program.
    static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}

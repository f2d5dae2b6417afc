import ArgumentParser
import Foundation
import Host
import Link
import Model
import PolicyFiles
import Terminal

struct Up: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Run the host's agent, keep its sockets, start it again should it die; with --listen a control plane too.",
        discussion: """
            With --listen this machine has its own control plane, in a process of its own: the openstack client works against
            it, and a policy file is applied to its registry, in the file's project. DATA/server/admin.pw and admin.token open it. Ctrl-C and SIGTERM
            stop both; the rules stay in the kernel.

            Example: gatehouse up --data /var/lib/gatehouse -f shop.yaml
            """)

    @OptionGroup var data: DataOptions

    @Option(name: .shortAndLong, help: "A policy file to apply once the agent is up.")
    var file: String?

    @Option(help: "Run a control plane at this address too, as 127.0.0.1:8440.")
    var listen: String?

    @Option(help: "Length of a capture window in seconds, 1 to 600.")
    var window = 60

    @Option(help: "Megabytes of flow records that are kept; beyond, the oldest go, even undelivered.")
    var spoolLimit = 4096

    @Flag(inversion: .prefixedNo, help: "Put the rules into the kernel.")
    var enforce = true

    func run() throws {
        let signals = try SignalDescriptor(SignalDescriptor.endings)
        try DurableFile.makeFolder(data.data)
        // First: where another process has the folder, nothing is changed.
        let supervisor = try AgentSupervisor(
            data.folder, program: AgentSupervisor.programPath(beside: Self.ownPath), arguments: [])
        let server = try listen.map {
            try LocalServer(
                folder: data.data + "/server", listen: $0, program: Self.ownPath, project: fileProject)
        }
        supervisor.arguments =
            ["--window", "\(window)", "--spool-limit", "\(spoolLimit)"]
            + (enforce ? [] : ["--no-enforce"])
        if let server { supervisor.arguments += try prepare(server) }
        do {
            try supervisor.start()
            // Why it ended it said on standard error.
            try supervisor.waitUntilReady(seconds: 60)
            Console.tell(
                "agent \(supervisor.process?.pid ?? 0) works in \(data.data); stop with Ctrl-C, the rules stay")
            if let file { try apply(file, server) }
            try watch(supervisor, server, signals)
        } catch {
            try supervisor.stop()
            server?.stop()
            throw error
        }
        try supervisor.stop()
        server?.stop()
        Console.tell("stopped; the rules stay in the kernel")
    }

    /// The project of the policy file. What is wrong with the file is said when it is applied.
    private var fileProject: String? {
        guard let file, let bytes = try? DurableFile.read(file),
            let policy = try? PolicyFile.load(bytes: bytes, name: file)
        else { return nil }
        return policy.project
    }

    /// Starts the control plane and sees to it that this host can be taken in; the agent's further arguments.
    private func prepare(_ server: LocalServer) throws -> [String] {
        try server.start()
        do {
            let client = try server.waitUntilReady()
            var arguments = ["--server", server.address, "--host", Machine.hostName]
            if !DurableFile.exists(data.data + "/uplink/host.pem") {
                try server.invite(Machine.hostName, client, to: data.data + "/enrol")
                arguments += ["--enrol", data.data + "/enrol"]
            }
            return arguments
        } catch {
            server.stop()
            throw error
        }
    }

    private func apply(_ file: String, _ server: LocalServer?) throws {
        var words = ["-f", file, "--data", data.data]
        if let server {
            words += [
                "--server", server.address, "--token-file", server.applyTokenFile, "--authority", server.authority,
            ]
        }
        let apply = try Apply.parse(words)
        try apply.run()
    }

    /// Starts again what ends by itself, until a signal comes.
    private func watch(_ supervisor: AgentSupervisor, _ server: LocalServer?, _ signals: SignalDescriptor) throws {
        while true {
            _ = try Polling.wait([supervisor.number, signals.number], timeoutNanoseconds: 200_000_000)
            if signals.next() != nil { return }
            if let server, try server.hasEnded() {
                Console.tell("the control plane ended; starting it again")
                _ = try Polling.wait([signals.number], timeoutNanoseconds: 500_000_000)
                try server.start()
            }
            guard let exit = try supervisor.look() else { continue }
            Console.tell("the agent ended (\(exit)); starting it again")
            _ = try Polling.wait([signals.number], timeoutNanoseconds: 100_000_000)
            try supervisor.start()
        }
    }

    /// The path of this program.
    static var ownPath: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }
}

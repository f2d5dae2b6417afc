package import Host

/// Starts an agent, keeps its sockets, starts it again when it dies.
///
/// What systemd does for the unit `gatehouse-agent.service`, for `gatehouse up`, the demo and tests. The kernel goes on
/// filling the kept sockets while no agent runs, so the next one misses nothing.
package final class AgentSupervisor {
    /// Path of the program.
    private let program: String
    private let arguments: [String]
    private let namespace: String?
    private let keeper: DescriptorKeeper
    private let folder: DataFolder
    package private(set) var process: ChildProcess?
    package private(set) var starts = 0
    /// * `program`: path of `gatehouse-agent`.
    /// * `arguments`: its arguments beside `--data`.
    /// * `namespace`: the network namespace to run it in; nil is this one's.
    package init(
        _ folder: DataFolder, program: String, arguments: [String] = [], namespace: String? = nil
    ) throws(SystemError) {
        self.folder = folder
        self.program = program
        self.arguments = arguments
        self.namespace = namespace
        try DurableFile.makeFolder(folder.path)
        keeper = try DescriptorKeeper(path: folder.notifySocket)
    }

    /// Starts the agent with what was kept of the one before.
    package func start() throws(SystemError) {
        _ = try keeper.receive()
        var options = ChildProcess.Options()
        var environment = ChildProcess.inheritedEnvironment()
        environment["NOTIFY_SOCKET"] = keeper.path
        environment["LISTEN_FDS"] = String(keeper.kept.count)
        environment["LISTEN_FDNAMES"] = keeper.kept.map(\.name).joined(separator: ":")
        options.environment = environment
        options.descriptors = keeper.kept.map(\.number)
        options.namespace = namespace
        options.ownGroup = true
        process = try ChildProcess(program, ["--data", folder.path] + arguments, options: options)
        starts += 1
    }

    /// Takes what the agent hands over; tells how it ended when it did.
    package func look() throws(SystemError) -> ChildProcess.Exit? {
        _ = try keeper.receive()
        guard let exit = try process?.poll() else { return nil }
        process = nil
        return exit
    }

    /// Lets go of what was kept, as if there were no supervisor: the next agent begins with new sockets.
    package func forgetSockets() { keeper.forget() }

    /// The descriptor that can be read when the agent hands something over.
    package var number: Int32 { keeper.number }

    /// Ends the agent politely and waits; after ten seconds less politely.
    package func stop() throws(SystemError) {
        guard let process else { return }
        process.terminate()
        let deadline = SystemClock.monotonic + 10_000_000_000
        while try process.poll() == nil {
            if SystemClock.monotonic > deadline { process.kill() }
            _ = try Polling.wait([], timeoutNanoseconds: 10_000_000)
        }
        self.process = nil
    }

    /// The agent's program beside this one, or in PATH.
    package static func programPath(beside program: String) -> String {
        let parts = program.split(separator: "/", omittingEmptySubsequences: false)
        let neighbour = (parts.dropLast() + ["gatehouse-agent"]).joined(separator: "/")
        return parts.count > 1 && DurableFile.exists(neighbour) ? neighbour : "gatehouse-agent"
    }
}

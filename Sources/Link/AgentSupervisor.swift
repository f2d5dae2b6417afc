package import Host

/// Starts an agent, keeps its sockets, starts it again when it dies.
///
/// What systemd does for the unit `gatehouse-agent.service`, for `gatehouse up`, the demo and tests. The kernel goes on
/// filling the kept sockets while no agent runs, so the next one misses nothing.
package final class AgentSupervisor {
    /// Path of the program.
    private let program: String
    /// Those of the next start, beside `--data`.
    package var arguments: [String]
    private let namespace: String?
    private let claim: FolderClaim
    private let keeper: DescriptorKeeper
    private let folder: DataFolder
    package private(set) var process: ChildProcess?
    package private(set) var starts = 0
    /// Whether the agent that runs has said that it works.
    private var isReady = false

    /// Why an agent cannot be supervised, or did not begin to work.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case alreadySupervised(String, pid: Int32?)
        case ended(ChildProcess.Exit)
        case notReady(seconds: Int)

        package var description: String {
            switch self {
            case .alreadySupervised(let folder, let pid):
                "data folder \(folder): \(pid.map { "process \($0)" } ?? "another process") runs an agent in it; stop that one, "
                    + "or name another folder with --data"
            case .ended(let exit): "the agent ended before it worked (\(exit)); its last line says why"
            case .notReady(let seconds): "the agent does not work yet after \(seconds) seconds; it goes on trying"
            }
        }
    }

    /// Takes the folder for this process, and changes nothing in it where another has it.
    ///
    /// * `program`: path of `gatehouse-agent`.
    /// * `arguments`: its arguments beside `--data`; they may be given later.
    /// * `namespace`: the network namespace to run it in; nil is this one's.
    package init(
        _ folder: DataFolder, program: String, arguments: [String] = [], namespace: String? = nil
    ) throws {
        self.folder = folder
        self.program = program
        self.arguments = arguments
        self.namespace = namespace
        try DurableFile.makeFolder(folder.path)
        do {
            claim = try FolderClaim.take(folder.supervisorLock)
        } catch let error as FolderClaim.Taken {
            throw Failure.alreadySupervised(folder.path, pid: error.pid)
        }
        keeper = try DescriptorKeeper(path: folder.notifySocket)
    }

    /// Starts the agent with what was kept of the one before.
    package func start() throws(SystemError) {
        _ = try keeper.receive()
        isReady = false
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
        if try keeper.receive().contains("READY=1") { isReady = true }
        guard let exit = try process?.poll() else { return nil }
        process = nil
        return exit
    }

    /// Waits until the agent that was started says that it works: this one, not another that answers in its place.
    package func waitUntilReady(seconds: Int) throws {
        let deadline = SystemClock.monotonic + Int64(seconds) * 1_000_000_000
        while true {
            if let exit = try look() { throw Failure.ended(exit) }
            if isReady { return }
            guard SystemClock.monotonic < deadline else { throw Failure.notReady(seconds: seconds) }
            _ = try Polling.wait([keeper.number], timeoutNanoseconds: 20_000_000)
        }
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

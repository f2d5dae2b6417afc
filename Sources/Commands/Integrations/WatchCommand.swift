import ArgumentParser
import Host
import Integrations
import Link
import Terminal

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Attach an engine's containers as they start, until Ctrl-C.",
        discussion: """
            Takes up what runs already. A container says what it is by its labels gatehouse.groups=web,allow_ssh and gatehouse.vpc=shop;
            an interface of the policy with its MAC, or an instance of its name, is bound instead of a new one. What could not be
            attached is said, stands in `gatehouse status`, and makes the exit code 3.

            Example: gatehouse watch docker --socket unix:///var/run/docker.sock --data /var/lib/gatehouse
            """)

    enum Engine: String, ExpressibleByArgument, CaseIterable {
        case docker, podman

        var integration: Integration {
            switch self {
            case .docker: .docker
            case .podman: .podman
            }
        }
    }

    @Argument(help: "docker or podman.")
    var engine: Engine

    @Option(help: "The engine's socket (default: where its package puts it).")
    var socket: String?

    @Flag(help: "Attach what runs now, and end.")
    var once = false

    @OptionGroup var data: DataOptions

    func validate() throws {
        do { _ = try path } catch { throw ValidationError("\(error)") }
    }

    private var path: String {
        get throws { try EngineAPI.path(of: socket ?? engine.integration.socket) }
    }

    func run() throws {
        let signals = try SignalDescriptor(SignalDescriptor.endings)
        let watcher = EngineWatcher(engine.rawValue, socket: try path, folder: data.folder, tell: Console.tell)
        if once { try watcher.takeUp() } else { try watcher.run(until: signals) }
        guard watcher.problems.isEmpty else {
            if once { Console.tell("\(watcher.problems.count) not attached") }
            throw ExitCode.no
        }
    }
}

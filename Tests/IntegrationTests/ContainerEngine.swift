import Foundation
import Host
import Model
import Rehearsal
import TestSupport
import Testing

/// Real engines run where `make integrations` says so: `scripts/setup integrations` installs them.
extension Trait where Self == ConditionTrait {
    static var integrations: Self {
        .enabled("make integrations installs what it needs, and runs it") {
            ChildProcess.inheritedEnvironment()["GATEHOUSE_INTEGRATIONS"] == "1"
        }
    }
}

/// A container engine of the host of an agent, with folders and a socket of its own, and an image that sleeps.
final class ContainerEngine {
    enum Kind: String, CaseIterable { case docker, podman }

    let kind: Kind
    let socket: String
    /// The bridge of the network `shop`, 10.77.0.0/24.
    static let bridge = "br-shop"
    private let folder: String
    private let host: String
    private var process: ChildProcess?
    private var spaces: Set<String> = []

    init(_ kind: Kind, on host: TestHost, makesNetwork: Bool = true) throws {
        self.kind = kind
        self.host = host.name
        // The paths of sockets are short.
        folder = "/tmp/\(host.name)e"
        socket = "\(folder)/engine.sock"
        try? FileManager.default.removeItem(atPath: folder)
        try DurableFile.makeFolder(folder)
        try start()
        try makeImage()
        if makesNetwork { try makeNetwork() }
    }

    func start() throws {
        var options = ChildProcess.Options()
        options.namespace = host
        options.diesWithParent = true
        let output = try DurableFile.openForAppending("\(folder)/log")
        options.standard = [nil, output.number, output.number]
        switch kind {
        case .docker:
            process = try ChildProcess(
                "dockerd",
                [
                    "--data-root", "\(folder)/data", "--exec-root", "\(folder)/run", "--host", address, "--pidfile",
                    "\(folder)/pid", "--storage-driver", "vfs", "--shutdown-timeout", "1",
                ], options: options)
        case .podman:
            process = try ChildProcess(
                "podman", podmanFolders + ["system", "service", "--time", "0", address], options: options)
        }
        try eventually("the engine: \(log())") { (try? command("ps")) != nil }
    }

    private var address: String { "unix://\(socket)" }

    private var podmanFolders: [String] {
        [
            // crun knows no host with both kinds of control groups.
            "--runtime", "runc", "--root", "\(folder)/data", "--runroot", "\(folder)/run", "--tmpdir", "\(folder)/tmp",
            "--network-config-dir", "\(folder)/networks", "--cgroup-manager", "cgroupfs", "--events-backend", "file",
            "--storage-driver", "vfs",
        ]
    }

    func log() -> String {
        String(decoding: (try? DurableFile.read("\(folder)/log", lastBytes: 2000)) ?? [], as: UTF8.self)
    }

    /// One busybox, as a whole file system.
    private func makeImage() throws {
        let tree = "\(folder)/tree/bin"
        try DurableFile.makeFolder(tree)
        try TestHost.run("cp", "/bin/busybox", tree)
        for name in ["sh", "sleep"] { try TestHost.run("ln", "-s", "busybox", "\(tree)/\(name)") }
        try TestHost.run("tar", "-C", "\(folder)/tree", "-cf", "\(folder)/image.tar", ".")
        try command("import", "\(folder)/image.tar", "tiny")
    }

    private func makeNetwork() throws {
        switch kind {
        case .docker:
            try command(
                "network", "create", "--subnet", "10.77.0.0/24", "--opt",
                "com.docker.network.bridge.name=\(Self.bridge)", "shop")
        case .podman:
            let id = String(repeating: "5", count: 64)
            let network = """
                {"name": "shop", "id": "\(id)", "driver": "bridge", "network_interface": "\(Self.bridge)",
                 "created": "2026-01-01T00:00:00Z", "subnets": [{"subnet": "10.77.0.0/24", "gateway": "10.77.0.1"}],
                 "ipv6_enabled": false, "internal": false, "dns_enabled": false, "ipam_options": {"driver": "host-local"}}
                """
            try DurableFile.makeFolder("\(folder)/networks")
            try DurableFile.replace("\(folder)/networks/shop.json", with: Array(network.utf8))
        }
    }

    /// One command of the engine's own client.
    @discardableResult
    func command(_ words: String...) throws -> String { try command(words) }

    @discardableResult
    func command(_ words: [String]) throws -> String {
        let client = kind == .docker ? ["--host", address] : ["--remote", "--url", address]
        let run = try ChildProcess.run(kind.rawValue, client + words, namespace: host)
        guard run.exit == .code(0) else { throw EngineFailed(words: words, errors: run.errors + log()) }
        return run.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct EngineFailed: Error, CustomStringConvertible {
        let words: [String]
        let errors: String
        var description: String { "\(words.joined(separator: " ")): \(errors)" }
    }

    /// Runs a container of the network `shop`.
    @discardableResult
    func run(_ name: String, address: String, groups: String?, options: [String] = []) throws -> Guest {
        let labels = groups.map { ["--label", "gatehouse.groups=\($0)"] } ?? []
        try sleep(name, ["--network", "shop", "--ip", address] + labels + options)
        return try guest(name)
    }

    /// Podman's own limits may be above those of the machine.
    static let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]

    /// Runs a container that does nothing.
    func sleep(_ name: String, _ options: [String]) throws {
        try command(
            ["run", "--detach", "--name", name] + Self.limits + options + ["tiny", "/bin/sleep", "100000"])
    }

    /// The container's network as it is now, by a name that `ip` knows.
    func guest(_ name: String) throws -> Guest {
        let space = "\(host)\(name)"
        try TestHost.run("ip", "netns", "del", space, mayFail: true)
        let pid = try command("inspect", "--format", "{{.State.Pid}}", name)
        try TestHost.run("ip", "netns", "attach", space, pid)
        spaces.insert(space)
        return Guest(namespace: space)
    }

    /// Ends the engine as its package would.
    func stop() throws {
        process?.terminate()
        _ = try process?.wait()
        process = nil
        // Podman's containers go on without it.
        if kind == .docker { try eventually("the socket's end") { !DurableFile.exists("\(folder)/pid") } }
    }

    func remove() {
        if process == nil { try? start() }
        if let all = try? command("ps", "--all", "--quiet"), !all.isEmpty {
            _ = try? command(["rm", "--force"] + all.split(separator: "\n").map(String.init))
        }
        try? stop()
        for space in spaces { _ = try? TestHost.run("ip", "netns", "del", space, mayFail: true) }
        _ = try? TestHost.run("sh", "-c", "umount -R \(folder)/* 2>/dev/null; rm -rf \(folder)", mayFail: true)
    }
}

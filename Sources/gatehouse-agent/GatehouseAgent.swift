import Agent
import ArgumentParser
import Delivery
import Foundation
import Host
import Link
import Uplink

/// The only program of Gatehouse that changes the kernel.
@main struct GatehouseAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse-agent",
        abstract: "Enforces the host's policy in the kernel and records what it decides.",
        discussion: """
            The last good revision in the data folder goes into the kernel before anything else. SIGTERM and Ctrl-C write
            what is recorded and end the agent; the rules stay in the kernel. SIGHUP reads --config-file anew and opens the event
            logs anew.

            Example: gatehouse-agent --data /var/lib/gatehouse
            """)

    @Option(
        name: [.long, .customLong("state")],
        help: "The folder of revisions, records, event logs and the control socket.")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_DATA"] ?? "/var/lib/gatehouse"

    @Option(help: "https://NAME:PORT of the control plane that says what is enforced; without it, policy files do.")
    var server: String?

    @Option(help: "A file with the enrolment token, for the first start with --server.")
    var enrol: String?

    @Option(
        help: "This host's name: at the control plane, as ports are bound to it, and in records, events and status.")
    var host = Machine.hostName

    @Option(help: "Length of a capture window in seconds, 1 to 600.")
    var window = 60

    @Option(help: "Megabytes of flow records that are kept; beyond, the oldest go, even undelivered.")
    var spoolLimit = 4096

    @Option(help: "Lines a second that the event logs take; what is beyond is counted in summary lines.")
    var eventRate = 20_000

    @Option(help: "An INI file with Neutron's section [network_log]: rate_limit, burst_limit, local_output_log_base.")
    var configFile: String?

    @Option(help: "127.0.0.1:PORT or [::1]:PORT where GET /metrics is answered in Prometheus' text; off without it.")
    var metrics: String?

    @Option(help: "A device that no interface is bound to, whatever a policy says; may be given again.")
    var neverBind: [String] = []

    @Flag(inversion: .prefixedNo, help: "Put the rules into the kernel.")
    var enforce = true

    @Flag(inversion: .prefixedNo, help: "Set routes, proxying and forwarding up for the devices.")
    var connect = true

    func validate() throws {
        guard (1...600).contains(window) else {
            throw ValidationError("--window \(window): a capture window has 1 to 600 seconds; give a number within")
        }
        guard spoolLimit > 0 else { throw ValidationError("--spool-limit \(spoolLimit): give a number above zero") }
        guard enrol == nil || server != nil else {
            throw ValidationError("--enrol: with which control plane? give --server https://NAME:PORT too")
        }
        if let server, !server.hasPrefix("https://") {
            throw ValidationError("--server \(server): give https://NAME:PORT; hosts speak TLS only")
        }
        if let metrics { _ = try Self.loopback(metrics) }
        for device in neverBind where device.isEmpty {
            throw ValidationError("--never-bind \"\(device)\": give a device's name")
        }
        guard eventRate > 0 else { throw ValidationError("--event-rate \(eventRate): give a number above zero") }
    }

    @Flag(help: "Take everything back that agents with this data folder have done to the kernel, and end.")
    var takeDown = false

    func run() throws {
        if takeDown {
            guard Machine.userID == 0 else { throw AgentError.notRoot }
            return try AgentTakeDown.run(DataFolder(data)) { print($0) }
        }
        MemoryHints.keepFewArenas()
        guard Machine.userID == 0 || !enforce else { throw AgentError.notRoot }
        let signals = try SignalDescriptor(SignalDescriptor.endings + [SignalDescriptor.hangUp])
        var configuration = AgentConfiguration(folder: DataFolder(data))
        configuration.host = host
        configuration.metrics = try metrics.map(Self.loopback)
        configuration.window = .seconds(window)
        configuration.spoolBytes = spoolLimit << 20
        configuration.eventsPerSecond = eventRate
        if let configFile {
            configuration.networkLogFile = configFile
            configuration.networkLog = try NetworkLogSettings(file: configFile)
        }
        configuration.enforces = enforce
        configuration.neverBound = Set(neverBind)
        configuration.connectsDevices = connect
        configuration.tell = { FileHandle.standardError.write(Data("gatehouse-agent: \($0)\n".utf8)) }
        let health = UplinkHealth(configuration.store)
        if let server {
            configuration.uplinkProblems = { health.problems }
            let addresses = ServerAddresses(server: server, folder: UplinkFolder(data + "/uplink"))
            configuration.servers = { addresses.addresses }
            addresses.watch()
        }
        let uplink = server.map { server in
            Uplink(
                server: server, host: host, folder: UplinkFolder(data + "/uplink"), data: DataFolder(data),
                health: health
            ) {
                FileHandle.standardError.write(Data("gatehouse-agent: \($0)\n".utf8))
            }
        }
        if let uplink {
            configuration.binder = PortBinder { try await uplink.bind($0) }
            configuration.manifestSigner = ManifestSigner { lines in
                guard let answer = await uplink.signatures(of: lines), let key = ManifestKey.Public(answer.key) else {
                    return nil
                }
                return .init(key: key, signatures: answer.signatures.map { $0.flatMap(bytes(ofHexadecimal:)) })
            }
        }
        let agent = try Agent(configuration, inherited: DescriptorStore.inherited(), store: DescriptorStore())
        if let server, let uplink { try start(uplink, to: server) }
        try agent.run(signals: signals)
    }

    /// The port of an address on loopback: what an agent counts is for this host alone.
    static func loopback(_ text: String) throws -> (port: UInt16, isIPv6: Bool) {
        for (start, isIPv6) in [("127.0.0.1:", false), ("[::1]:", true)] where text.hasPrefix(start) {
            if let port = UInt16(text.dropFirst(start.count)), port > 0 { return (port, isIPv6) }
        }
        throw ValidationError("--metrics \(text): give 127.0.0.1:PORT or [::1]:PORT; it is answered on loopback only")
    }

    /// Starts the wire to the control plane beside the agent's own loop, which never waits for it.
    private func start(_ uplink: Uplink, to server: String) throws {
        let folder = UplinkFolder(data + "/uplink")
        let token = try enrol.map { path in
            guard let bytes = try DurableFile.read(path) else {
                throw ValidationError("--enrol \(path): there is no such file")
            }
            return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard folder.isEnrolled || token != nil else {
            throw ValidationError("--server \(server): this host is not enrolled; give --enrol TOKEN-FILE once")
        }
        Task.detached {
            while true {
                do {
                    if let token { try await uplink.enrol(token: token) }
                    try await uplink.run()
                } catch {
                    FileHandle.standardError.write(Data("gatehouse-agent: \(error)\n".utf8))
                    try? await Task.sleep(for: .seconds(2))
                }
            }
        }
    }
}

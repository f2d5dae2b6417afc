import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// A control plane and hosts, each in a network namespace of its own, joined by a router.
final class Fleet {
    static let serverAddress = "192.168.100.1"
    static let token = "fleet-token-0123456789"
    /// The cloud key whose secret is the token.
    static let secretID = "AKIDfleet0123"

    let router: TestHost
    let folder: String
    private(set) var hosts: [FleetHost] = []
    private var server: ChildProcess?
    private let label: String
    let program: String

    init(_ label: String) throws {
        self.label = label
        router = try TestHost("\(label)r")
        folder = FileManager.default.temporaryDirectory.path + "/gatehouse-\(router.name)"
        try? FileManager.default.removeItem(atPath: folder)
        try DurableFile.makeFolder(folder)
        try DurableFile.replace("\(folder)/token", with: Array(Self.token.utf8))
        try DurableFile.replace(
            "\(folder)/first.yaml",
            with: Array(
                """
                projects: [{name: demo}]
                users: [{name: admin, roles: [{project: demo, role: admin}]}]
                tokens: [{name: test, token_file: token, user: admin, project: demo}]
                cloud_keys: [{secret_id: \(Self.secretID), secret_key_file: token, user: admin, project: demo}]
                """.utf8))
        program = AgentUnderTest.program("gatehouse")
        try TestHost.run("ip", "-n", router.name, "addr", "add", "\(Self.serverAddress)/32", "dev", "lo")
        try TestHost.run("sysctl", "-qw", "net.ipv4.ip_forward=1", in: router.name)
    }

    // MARK: The server

    func startServer() throws {
        var options = ChildProcess.Options()
        options.namespace = router.name
        options.diesWithParent = true
        server = try ChildProcess(
            program,
            [
                "serve", "--data", "\(folder)/server", "--listen", "\(Self.serverAddress):8440", "--bootstrap",
                "\(folder)/first.yaml",
            ], options: options)
        try eventually("the server to be ready") {
            (try? call("GET", "/ready")["status"]) as? String == "ready"
        }
    }

    /// Has the server take up its files.
    func hangUpServer() throws {
        guard let server else { throw Unexpected(description: "no server runs") }
        kill(server.pid, SIGHUP)
    }

    /// Ends the server as a service manager does; how long that took, in seconds.
    func stopServer() throws -> Double {
        let start = Date()
        server?.terminate()
        _ = try server?.wait()
        server = nil
        return Date().timeIntervalSince(start)
    }

    func killServer() throws {
        server?.kill()
        _ = try server?.wait()
        server = nil
    }

    /// One request; an answer that is a refusal is thrown.
    @discardableResult
    func call(_ method: String, _ path: String, _ body: String = "") throws -> [String: Any] {
        var words = ["-sk", "-X", method, "-m", "60", "-w", "\n%{http_code}", "-H", "X-Auth-Token: \(Self.token)"]
        if !body.isEmpty { words += ["-d", body] }
        let output = try ChildProcess.run(
            "curl", words + ["https://\(Self.serverAddress):8440\(path)"], namespace: router.name)
        let parts = output.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let status = parts.last.flatMap({ Int($0) }), (200..<300).contains(status) else {
            throw Unexpected(description: "\(method) \(path): \(output.output) \(output.errors)")
        }
        let text = parts.dropLast().joined(separator: "\n")
        return (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// Makes an object of the networking API and returns its id.
    func make(_ collection: String, _ singular: String, _ body: String) throws -> String {
        let answer = try call("POST", "/networking/v2.0/\(collection)", "{\"\(singular)\": \(body)}")
        guard let id = (answer[singular] as? [String: Any])?["id"] as? String else {
            throw Unexpected(description: "no id in \(answer)")
        }
        return id
    }

    /// Adds a guest to a host, and the port that guards it; the port's id.
    func addPort(_ name: String, group: String, network: String, host: FleetHost, address: String) throws -> String {
        let guest = try host.addGuest(name, address: address)
        let mac = MACAddress(
            bits: try NetworkNamespace.within(guest.namespace) { try NetworkDevices.linkAddress("eth0") })
        return try make(
            "ports", "port",
            """
            {"name": "\(name)", "network_id": "\(network)", "security_groups": ["\(group)"], "mac_address": "\(mac)",
             "fixed_ips": [{"ip_address": "\(address)"}], "binding:host_id": "\(host.name)",
             "binding:profile": {"device": "gh-\(name)"}}
            """)
    }

    // MARK: The hosts

    @discardableResult
    func addHost(_ name: String, windowSeconds: Int = 600) throws -> FleetHost {
        let number = hosts.count + 1
        let answer = try call("POST", "/api/hosts", "{\"host\": {\"name\": \"\(name)\"}}")
        guard let token = (answer["enrolment"] as? [String: Any])?["token"] as? String else {
            throw Unexpected(description: "no token in \(answer)")
        }
        let host = try FleetHost(
            name, label: "\(label)\(number)", number: number, router: router, token: token, windowSeconds: windowSeconds
        )
        hosts.append(host)
        try host.supervisor.start()
        try AgentClient(host.folder).waitUntilReady(seconds: 240)
        try eventually("\(name) to be live") { try state(of: name) == "live" }
        return host
    }

    func state(of host: String) throws -> String? {
        let hosts = try call("GET", "/api/hosts")["hosts"] as? [[String: Any]]
        return hosts?.first { $0["name"] as? String == host }?["state"] as? String
    }

    /// Waits until the newest change is in the kernel of every host that it concerns.
    func inForce() throws {
        try eventually("the change to be in force") {
            let revisions = try call("GET", "/api/revisions?limit=1")["revisions"] as? [[String: Any]]
            guard let request = revisions?.first?["request_id"] as? String,
                let effects = try call("GET", "/api/audit?request=\(request)")["effects"] as? [[String: Any]]
            else { throw Unexpected(description: "no newest revision") }
            return effects.allSatisfy { ["in force", "not concerned"].contains($0["state"] as? String ?? "") }
        }
    }

    func remove() {
        for host in hosts { host.remove() }
        server?.terminate()
        _ = try? server?.wait()
        router.remove()
        try? FileManager.default.removeItem(atPath: folder)
    }

    struct Unexpected: Error, CustomStringConvertible { let description: String }
}

/// One host of a fleet, with its agent and guests.
final class FleetHost {
    let name: String
    let host: TestHost
    let folder: DataFolder
    let supervisor: AgentSupervisor
    private let number: Int
    private let router: TestHost
    private(set) var guests: [String: Guest] = [:]

    init(_ name: String, label: String, number: Int, router: TestHost, token: String, windowSeconds: Int) throws {
        self.name = name
        self.number = number
        self.router = router
        host = try TestHost(label)
        let (here, there) = ("192.168.\(number).2", "192.168.\(number).1")
        try TestHost.run(
            "ip", "-n", router.name, "link", "add", "h\(number)", "type", "veth", "peer", "name", "up0", "netns",
            host.name)
        try TestHost.run("ip", "-n", router.name, "addr", "add", "\(there)/24", "dev", "h\(number)")
        try TestHost.run("ip", "-n", router.name, "link", "set", "h\(number)", "up")
        try TestHost.run("ip", "-n", host.name, "addr", "add", "\(here)/24", "dev", "up0")
        try TestHost.run("ip", "-n", host.name, "link", "set", "up0", "up")
        try TestHost.run("ip", "-n", host.name, "route", "add", "default", "via", there)
        folder = DataFolder(FileManager.default.temporaryDirectory.path + "/gatehouse-\(host.name)")
        try? FileManager.default.removeItem(atPath: folder.path)
        try DurableFile.makeFolder(folder.path)
        try DurableFile.replace(folder.path + "/enrol", with: Array(token.utf8))
        supervisor = try AgentSupervisor(
            folder, program: AgentUnderTest.program("gatehouse-agent"),
            arguments: [
                "--window", "\(windowSeconds)", "--server", "https://\(Fleet.serverAddress):8440", "--enrol",
                folder.path + "/enrol",
                "--host", name,
            ], namespace: host.name)
    }

    @discardableResult
    func addGuest(_ name: String, address: String) throws -> Guest {
        let space = try host.addGuest(name, device: "gh-\(name)", addresses: ["\(address)/24"])
        try TestHost.run("ip", "-n", space, "route", "replace", "default", "via", "10.9.0.1", "dev", "eth0", "onlink")
        try TestHost.run(
            "ip", "-n", router.name, "route", "add", "\(address)/32", "via", "192.168.\(number).2")
        let guest = Guest(namespace: space)
        guests[name] = guest
        return guest
    }

    func events() throws -> [EventEntry] { try Self.events(in: folder.eventsJSON) }

    static func events(in path: String) throws -> [EventEntry] {
        try (DurableFile.read(path) ?? []).split(separator: UInt8(ascii: "\n")).compactMap {
            if case .event(let entry) = try EventLogLine(reading: $0) { entry } else { nil }
        }
    }

    func remove() {
        try? supervisor.stop()
        host.remove()
        try? FileManager.default.removeItem(atPath: folder.path)
    }
}

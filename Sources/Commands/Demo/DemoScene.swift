import Foundation
import Host
import Link
import Model
import Rehearsal

/// The demo's host, guests and agent. Whatever was built is removed, in whichever state it is.
final class DemoScene {
    static let host = "ghdemo-host"
    /// The application developer, who is outside of the VPC.
    static let developer = Guest(namespace: "ghdemo-dev")
    let layout: DemoLayout
    let folder = DataFolder(FileManager.default.temporaryDirectory.path + "/gatehouse-demo")
    private let signals: SignalDescriptor
    private var supervisor: AgentSupervisor?
    private var servers: [GuestServer] = []

    init(_ layout: DemoLayout, _ signals: SignalDescriptor) {
        self.layout = layout
        self.signals = signals
    }

    static func guest(_ name: String) -> Guest { Guest(namespace: "ghdemo-\(name)") }

    func build() throws {
        // What a demo that was killed left behind.
        remove()
        try run("ip", "netns", "add", Self.host)
        try run("ip", "-n", Self.host, "link", "set", "lo", "up")
        if layout == .bridged {
            try run("ip", "-n", Self.host, "link", "add", DemoLayout.bridge, "type", "bridge", "mcast_snooping", "0")
            try run("ip", "-n", Self.host, "link", "set", DemoLayout.bridge, "up")
        }
        for guest in DemoLayout.guests {
            try addGuest(
                Self.guest(guest).namespace, device: DemoLayout.device(of: guest),
                addresses: [layout.address(of: guest), layout.address6(of: guest)],
                gateways: layout.gateways(of: guest))
        }
        try addGuest(
            Self.developer.namespace, device: DemoLayout.uplink, addresses: layout.developer,
            gateways: layout.developerGateways)
        for (gateway, length) in zip(layout.developerGateways, [24, 64]) {
            try run("ip", "-n", Self.host, "addr", "add", "\(gateway)/\(length)", "dev", DemoLayout.uplink, "nodad")
        }
        try check()
        try startAgent()
        try startServers()
    }

    private func addGuest(_ space: String, device: String, addresses: [String], gateways: [String]) throws {
        try run("ip", "netns", "add", space)
        try run("ip", "-n", Self.host, "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", space)
        try run("ip", "-n", Self.host, "link", "set", device, "up")
        if layout == .bridged { try run("ip", "-n", Self.host, "link", "set", device, "master", DemoLayout.bridge) }
        try run("ip", "-n", space, "link", "set", "lo", "up")
        try run("ip", "-n", space, "link", "set", "eth0", "up")
        for (address, length) in zip(addresses, [24, 64]) {
            try run("ip", "-n", space, "addr", "add", "\(address)/\(length)", "dev", "eth0", "nodad")
        }
        for gateway in gateways { try run("ip", "-n", space, "route", "add", "default", "via", gateway) }
    }

    private func startAgent() throws {
        let supervisor = try AgentSupervisor(
            folder, program: AgentSupervisor.programPath(beside: Up.ownPath), arguments: ["--window", "5"],
            namespace: Self.host)
        self.supervisor = supervisor
        try supervisor.start()
        try AgentClient(folder).waitUntilReady(seconds: 20)
        try DurableFile.replace(policyPath, with: Array(layout.policy.utf8))
    }

    var policyPath: String { folder.path + "/shop.yaml" }

    private func startServers() throws {
        func addresses(_ guest: String) -> [IPAddress] {
            [layout.address(of: guest), layout.address6(of: guest)].compactMap { IPAddress($0) }
        }
        servers = [
            try GuestServer(Self.guest("web-1"), addresses("web-1"), tcp: [443, 22], answer: 12_000),
            try GuestServer(Self.guest("app-1"), addresses("app-1"), tcp: [8080], udp: [514], answer: 4000),
            try GuestServer(Self.guest("db-1"), addresses("db-1"), tcp: [5432], udp: [514], answer: 2000),
        ]
    }

    /// Waits, and ends the demo when Ctrl-C was pressed.
    func pause(milliseconds: Int64) throws {
        _ = try Polling.wait([signals.number], timeoutNanoseconds: milliseconds * 1_000_000)
        try check()
    }

    func check() throws {
        _ = try supervisor?.look()
        if signals.next() != nil { throw Interrupted() }
    }

    func remove() {
        servers.forEach { $0.stop() }
        servers = []
        try? supervisor?.stop()
        supervisor = nil
        for space in [Self.host, Self.developer.namespace] + DemoLayout.guests.map({ Self.guest($0).namespace })
        where DurableFile.exists("/run/netns/\(space)") {
            _ = try? ChildProcess.run("ip", ["netns", "del", space])
        }
        try? FileManager.default.removeItem(atPath: folder.path)
    }

    private func run(_ words: String...) throws {
        let output = try ChildProcess.run(words[0], Array(words.dropFirst()))
        guard output.exit == .code(0) else { throw NotFound("\(words.joined(separator: " ")): \(output.errors)") }
    }
}

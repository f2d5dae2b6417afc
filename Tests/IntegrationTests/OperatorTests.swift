import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// What an operator does beside a fleet that works: looks at it from elsewhere, renews what it rests on.
@Suite(.serialized) struct OperatorTests {
    /// A fleet of two hosts with a port each.
    private func fleet(_ label: String) throws -> (Fleet, group: String) {
        let fleet = try Fleet(label)
        try fleet.startServer()
        for number in 1...2 { try fleet.addHost("host-\(number)") }
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let group = try fleet.make("security-groups", "security_group", #"{"name": "all"}"#)
        for number in 1...2 {
            _ = try fleet.addPort(
                "g\(number)", group: group, network: network, host: fleet.hosts[number - 1],
                address: "10.9.0.1\(number)")
        }
        try fleet.inForce()
        return (fleet, group)
    }

    private func gatehouse(_ fleet: Fleet, _ words: [String]) throws -> ChildProcess.Output {
        try ChildProcess.run(
            "env",
            [
                "GATEHOUSE_SERVER=https://\(Fleet.serverAddress):8440", "GATEHOUSE_TOKEN_FILE=\(fleet.folder)/token",
                "GATEHOUSE_AUTHORITY=\(fleet.folder)/server/authority.pem", AgentUnderTest.program("gatehouse"),
            ] + words, namespace: fleet.router.name)
    }

    private func objects(_ output: ChildProcess.Output) throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.output.utf8)) as? [[String: Any]])
    }

    @Test(.kernel) func `hosts and receipts are the same from the folder as over the network`() throws {
        let (fleet, _) = try fleet("fo")
        defer { fleet.remove() }
        let folder = ["--data", "\(fleet.folder)/server"]
        let rows = try objects(try gatehouse(fleet, ["host", "list", "-o", "json"]))
        let local = try objects(try gatehouse(fleet, ["host", "list", "-o", "json"] + folder))
        #expect(rows.map { $0["name"] as? String } == ["host-1", "host-2"])
        #expect(rows.allSatisfy { $0["state"] as? String == "live" && $0["clock_offset_ns"] is Int })
        for key in ["name", "state", "enrolled_at", "wanted_revision", "applied_revision"] {
            #expect(rows.map { "\($0[key] ?? "")" } == local.map { "\($0[key] ?? "")" })
        }
        let newest = try objects(try gatehouse(fleet, ["audit", "--kind", "interface", "-o", "json"])).last
        let request = try #require(newest?["request_id"] as? String)
        let there = try gatehouse(fleet, ["audit", "--request", request])
        let here = try gatehouse(fleet, ["audit", "--request", request] + folder)
        #expect(there.output == here.output)
        #expect(there.errors == here.errors)
        #expect(there.errors.contains("host-2: in the kernel since "))
        // Turned away from afar, and taken in again.
        #expect(try gatehouse(fleet, ["host", "revoke", "host-2"]).exit == .code(0))
        #expect(try fleet.state(of: "host-2") == "revoked")
        let token = try gatehouse(fleet, ["host", "enrol", "host-3"])
        #expect(token.output.split(separator: ".").count == 2)
        #expect(token.errors.contains("--server https://\(Fleet.serverAddress):8440"))
    }

    /// The far ends of the server's connections.
    private func callers(_ fleet: Fleet) throws -> Set<Substring> {
        let output = try TestHost.run("ss", "-Htn", "state", "established", "sport = :8440", in: fleet.router.name)
        return Set(output.split(separator: "\n").compactMap { $0.split(separator: " ").last })
    }

    @Test(.kernel) func `hosts keep their streams while the certificate is renewed, and come by the new one later`()
        throws
    {
        let (fleet, group) = try fleet("fn")
        defer { fleet.remove() }
        let pem = "\(fleet.folder)/server/server.pem"
        let former = try DurableFile.read(pem)
        let early = try callers(fleet)
        // Without its files the server makes itself another.
        try DurableFile.remove(pem)
        try DurableFile.remove("\(fleet.folder)/server/server.key")
        try fleet.hangUpServer()
        try eventually("another certificate") { try DurableFile.read(pem).map { $0 != former } ?? false }
        let shown = try ChildProcess.run(
            "openssl", ["s_client", "-connect", "\(Fleet.serverAddress):8440"], namespace: fleet.router.name)
        let text = String(decoding: try DurableFile.read(pem) ?? [], as: UTF8.self)
        #expect(shown.output.contains(text.split(separator: "\n").dropFirst().first ?? "?"))
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp"}"#)
        try fleet.inForce()
        // The streams, one a host, are among the connections of before.
        #expect(try callers(fleet).intersection(early).count >= 2)
        // A host that begins anew meets the new certificate, of the same authority.
        let host = fleet.hosts[0]
        host.supervisor.process?.kill()
        try eventually("the agent's end") { try host.supervisor.look() != nil }
        try host.supervisor.start()
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "udp"}"#)
        try fleet.inForce()
    }

    @Test(.kernel) func `an agent takes other settings of its log at SIGHUP, and none with a fault`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-ini-\(UUID().uuidString.prefix(8))"
        try DurableFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (file, own) = (folder + "/agent.ini", folder + "/security.log")
        try DurableFile.replace(file, with: Array("[network_log]\n".utf8))
        let agent = try AgentUnderTest("hg", arguments: ["--config-file", file])
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        func hangUp() throws { kill(try #require(agent.supervisor.process).pid, SIGHUP) }
        func lines(_ path: String) throws -> Int {
            (try DurableFile.read(path) ?? []).count { $0 == UInt8(ascii: "\n") }
        }
        let (web, target) = (try agent.guest("web"), try address("10.1.0.11"))
        #expect(try web.tcp(target, 22, patience: 300) == .silence)
        try eventually("the first line") { try lines("\(agent.folder.path)/\(NeutronLine.fileName)") > 0 }
        try DurableFile.replace(file, with: Array("[network_log]\nlocal_output_log_base = \(own)\n".utf8))
        try hangUp()
        try eventually("the log's file") { DurableFile.exists(own) }
        #expect(try web.tcp(target, 23, patience: 300) == .silence)
        try eventually("a line in the log's file") { try lines(own) > 0 }
        // A folder that is not there, then a rate that is none: the agent goes on as before.
        let present = try lines(own)
        for fault in ["local_output_log_base = \(folder)/none/x.log", "rate_limit = 1"] {
            try DurableFile.replace(file, with: Array("[network_log]\n\(fault)\n".utf8))
            try hangUp()
        }
        #expect(try web.tcp(target, 24, patience: 300) == .silence)
        try eventually("a further line") { try lines(own) > present }
        #expect(try agent.status().problems.isEmpty)
    }
}

import Foundation
import Host
import Model
import TestSupport
import Testing

@testable import Agent

/// Neutron's log under settings that change while it is written.
@Suite struct EventLogTests {
    private static let log = LogResource(
        id: "6a1c1f0e-0000-0000-0000-000000000001", project: "p", event: .all, group: nil, interface: nil)
    private static let port = Identifier<Interface>(derivedFrom: "interface", "port")

    private static let revision: Revision = {
        let interface = Interface(
            id: port, name: "eth0", subnet: "s", addresses: [], mac: nil, device: "tap", project: "p", groups: [])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [], subnets: [], groups: [],
            instances: [Instance(id: Identifier(derivedFrom: "instance"), name: "i", interfaces: [interface])])
        return Revision(
            number: 1, madeAt: Timestamp(seconds: 0), actor: "ada", origin: "",
            policy: Policy(project: "", vpcs: [vpc], logs: [log]), ruleOrigins: [:])
    }()

    private static func event(_ sequence: UInt64, at nanoseconds: Int64) -> SessionEvent {
        SessionEvent(
            sequence: sequence, time: Timestamp(nanoseconds: nanoseconds), verdict: .drop, stage: .group,
            rule: Identifier(derivedFrom: "refusal"), revision: 1, interface: port, direction: .ingress,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 1,
                targetPort: 2),
            packet: [])
    }

    private static func settings(_ rate: Int, _ burst: Int, _ path: String? = nil) -> NetworkLogSettings {
        var settings = NetworkLogSettings()
        (settings.rateLimit, settings.burstLimit, settings.outputPath) = (rate, burst, path)
        return settings
    }

    /// How many lines of events a file holds, and how many more it says were held back.
    private static func told(_ path: String) throws -> (written: Int, heldBack: Int) {
        let lines = String(decoding: try DurableFile.read(path) ?? [], as: UTF8.self).split(separator: "\n")
        let held = lines.compactMap { $0.firstMatch(of: #/suppressed=([0-9]+)/#).flatMap { Int($0.output.1) } }
        return (lines.count - held.count, held.reduce(0, +))
    }

    @Test func `rates and the file change while events come, and no count is lost or told twice`() async throws {
        try await withScratchFolder { folder in
            let (usual, own) = (folder + "/events.log", folder + "/security.log")
            let catalogue = Catalogue()
            var log = try EventLog(
                folder: folder, host: "h", catalogue: catalogue,
                linesPerSecond: 100_000, settings: Self.settings(100, 25))
            log.learn(catalogue, Self.revision)
            var (sequence, now) = (UInt64(0), Int64(1_793_699_700_000_000_000))
            func flood(_ log: inout EventLog, _ count: Int) throws {
                for _ in 0..<count {
                    (sequence, now) = (sequence + 1, now + 1_000_000)
                    if log.admits(now: now) { log.append(Self.event(sequence, at: now)) }
                }
                try log.write()
            }
            try flood(&log, 500)
            let first = try Self.told(usual)
            // The file's name, then the rate, each with events before and after.
            try log.reopen(Self.settings(200, 50, own), now: now)
            let former = try Self.told(usual)
            #expect(former.written == first.written && former.written + former.heldBack == 500)
            try flood(&log, 500)
            try log.reopen(Self.settings(0, 25, own), now: now)
            let second = try Self.told(own)
            #expect(second.written + second.heldBack == 500)
            // A hundred a second and the burst of 25 before, two hundred a second since.
            #expect((70...80).contains(former.written) && (95...105).contains(second.written))
            try flood(&log, 500)
            let unlimited = try Self.told(own)
            #expect(unlimited.written == second.written + 500 && unlimited.heldBack == second.heldBack)
            try log.reopen(Self.settings(100, 25), now: now)
            try flood(&log, 300)
            log.summarise(until: now)
            try log.write()
            let last = try Self.told(usual)
            #expect(last.written + last.heldBack == 800)
            #expect(log.events == 1800)
        }
    }

    @Test func `a file that cannot be opened changes nothing`() async throws {
        try await withScratchFolder { folder in
            let catalogue = Catalogue()
            let former = Self.settings(100, 25, folder + "/security.log")
            var log = try EventLog(
                folder: folder, host: "h", catalogue: catalogue, linesPerSecond: 1000, settings: former)
            log.learn(catalogue, Self.revision)
            #expect(throws: SystemError.self) { try log.reopen(Self.settings(500, 25, folder + "/none/s.log")) }
            #expect(log.settings == former)
            log.append(Self.event(1, at: 1_000_000_000))
            try log.write()
            #expect(try Self.told(folder + "/security.log").written == 1)
        }
    }
}

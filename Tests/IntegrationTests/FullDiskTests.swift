import Foundation
import Gzip
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// An agent under traffic whose disk is full.
@Suite(.serialized) struct FullDiskTests {
    private func storm(_ agent: AgentUnderTest, seconds: Double) throws {
        let mac = MACAddress(
            bits: try NetworkNamespace.within(agent.host.name) { try NetworkDevices.linkAddress("gh-client") })
        var storm = Storm(
            from: try address("10.1.0.10"), to: try address("10.1.0.11"), via: mac, packets: UInt64(6000 * seconds))
        storm.rate = 6000
        storm.seconds = seconds + 5
        storm.targetPorts = 7000...9000
        _ = try storm.send(from: try agent.guest("client").namespace)
    }

    /// Storms until the agent says it; how many that takes is a matter of how fast the machine is.
    private func storms(
        _ agent: AgentUnderTest, seconds: Double, until said: String, before: () throws -> Void = {}
    ) throws {
        for _ in 0..<60 {
            if try agent.status().problems.contains(where: { $0.contains(said) }) { return }
            try before()
            try storm(agent, seconds: seconds)
        }
        Issue.record("after 60 storms: \(try agent.status().problems)")
    }

    @Test(.kernel) func `a full disk costs records, which is said, but neither the agent nor the balance`() throws {
        // The journals take 40 MB of it.
        let agent = try AgentUnderTest("fd", window: 2, arguments: ["--event-rate", "50"], diskMegabytes: 54)
        defer { agent.remove() }
        let mount = agent.folder.path + "-mount"
        try? FileManager.default.removeItem(atPath: mount)
        defer { try? FileManager.default.removeItem(atPath: mount) }
        for (name, address) in [("client", "10.1.0.10/24"), ("server", "10.1.0.11/24")] {
            try agent.addGuest(name, addresses: [address])
        }
        try agent.start()
        let collectors = "\ncollectors: [{name: all, target: vpc/shop, bucket: \"file:\(mount)\"}]"
        try agent.apply(BooksTests.policy + collectors, interval: 2)
        try storms(agent, seconds: 4, until: "before they were delivered")
        let before = try agent.status().records
        try storm(agent, seconds: 2)
        #expect(try agent.status().records > before)
        // Somebody else takes all the room that is left, and what the spool gives.
        let other = "\(agent.folder.path)/other"
        try storms(agent, seconds: 3, until: "found no room on disk") {
            #expect(throws: SystemError.self) {
                let file = try DurableFile.openForAppending(other)
                while true { try file.writeAll([UInt8](repeating: 1, count: 4096)) }
            }
        }
        #expect(agent.supervisor.starts == 1)
        try DurableFile.remove(other)
        try #require(agent.disk).resize(megabytes: 500)
        let report = try agent.books(settle: 30)
        #expect(report.isBalanced, "\(report.lines)")
        try agent.ask(.flush)
        try DurableFile.makeFolder(mount)
        try eventually("objects in the bucket") {
            try agent.status().undelivered == nil && !files(below: mount).isEmpty
        }
        // What is left is there, and says that something is missing.
        let first = try #require(files(below: mount).first { $0.contains("record-type=egress") && $0.hasSuffix(".gz") })
        let content = try Gzip.decompress(try bytes("\(mount)/\(first)"), limit: 1 << 26)
        #expect(String(decoding: content.prefix(1000), as: UTF8.self).contains("\"state\":\"skip data\""))
        let problems = try agent.status().problems
        #expect(problems.allSatisfy { $0.hasPrefix("spool: ") }, "\(problems)")
        #expect(agent.supervisor.starts == 1)
    }

    @Test(.kernel) func `a full disk turns no answer into an error`() throws {
        let agent = try AgentUnderTest("fe", window: 2, diskMegabytes: 54)
        defer { agent.remove() }
        for (name, address) in [("client", "10.1.0.10/24"), ("server", "10.1.0.11/24")] {
            try agent.addGuest(name, addresses: [address])
        }
        try agent.start()
        try agent.apply(BooksTests.policy)
        try storm(agent, seconds: 1)
        let file = try DurableFile.openForAppending("\(agent.folder.path)/other")
        #expect(throws: SystemError.self) { while true { try file.writeAll([UInt8](repeating: 1, count: 4096)) } }
        for _ in 0..<3 {
            try storm(agent, seconds: 1)
            let report = try agent.books()
            #expect(report.lines.count == 4)
            _ = try agent.status()
            let flows = try ChildProcess.run(
                AgentUnderTest.program("gatehouse"), ["flows", "--data", agent.folder.path, "--limit", "1"],
                namespace: agent.host.name)
            #expect(flows.exit == .code(0), "\(flows.errors)")
        }
        #expect(agent.supervisor.starts == 1)
    }
}

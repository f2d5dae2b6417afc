import Capture
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
        var lasted = 0
        while lasted < 8, try !agent.status().problems.contains(where: { $0.contains("before they were delivered") }) {
            try storm(agent, seconds: 4)
            lasted += 1
        }
        #expect(lasted < 8)
        let before = try agent.status().records
        try storm(agent, seconds: 2)
        #expect(try agent.status().records > before)
        // Somebody else takes all the room that is left, and what the spool gives.
        let other = "\(agent.folder.path)/other"
        lasted = 0
        while lasted < 8, try !agent.status().problems.contains(where: { $0.contains("found no room on disk") }) {
            #expect(throws: SystemError.self) {
                let file = try DurableFile.openForAppending(other)
                while true { try file.writeAll([UInt8](repeating: 1, count: 4096)) }
            }
            try storm(agent, seconds: 3)
            lasted += 1
        }
        #expect(lasted < 8)
        #expect(agent.supervisor.starts == 1)
        try DurableFile.remove(other)
        try #require(agent.disk).resize(megabytes: 500)
        let report = try agent.books(settle: 30)
        #expect(report.isBalanced, "\(report.lines)")
        try agent.ask(.flush)
        try DurableFile.makeFolder(mount)
        let deadline = SystemClock.monotonic + 90_000_000_000
        while try agent.status().undelivered != nil || files(below: mount).isEmpty {
            try #require(SystemClock.monotonic < deadline)
            _ = try Polling.wait([], timeoutNanoseconds: 200_000_000)
        }
        // What is left is there, and says that something is missing.
        let first = try #require(files(below: mount).first { $0.contains("record-type=egress") && $0.hasSuffix(".gz") })
        let content = try Gzip.decompress(try bytes("\(mount)/\(first)"), limit: 1 << 26)
        #expect(String(decoding: content.prefix(1000), as: UTF8.self).contains("\"state\":\"skip data\""))
        let problems = try agent.status().problems
        #expect(problems.allSatisfy { $0.hasPrefix("spool: ") }, "\(problems)")
        #expect(agent.supervisor.starts == 1)
    }
}

import Foundation
import Gzip
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// From packets to objects in buckets, through a real agent.
@Suite(.serialized) struct CollectorTests {
    private static func policy(_ folder: String) -> String {
        FirstSessionTests.policy + """

            collectors:
              - {name: all, target: vpc/shop, bucket: "file:flowlogs"}
              - {name: app, target: instance/shop/app, bucket: "file:\(folder)"}
            """
    }

    /// The records that lie in a bucket, by the objects' keys.
    private func objects(_ folder: String) throws -> [String: [[String: Any]]] {
        var found: [String: [[String: Any]]] = [:]
        for path in files(below: folder) where path.hasPrefix("ibm_vpc_flowlogs_v1/") {
            let content = try Gzip.decompress(try bytes("\(folder)/\(path)"), limit: 1 << 24)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
            found[path] = try #require(object["flow_logs"] as? [[String: Any]])
        }
        return found
    }

    @Test(.kernel) func `every record is in its bucket once, though a bucket was away and the agent was killed`() throws
    {
        let agent = try AgentUnderTest("co", window: 2)
        defer { agent.remove() }
        let mount = agent.folder.path + "-mount"
        try? FileManager.default.removeItem(atPath: mount)
        defer { try? FileManager.default.removeItem(atPath: mount) }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(Self.policy(mount), interval: 2)
        let web = try agent.guest("web")
        let target = try address("10.1.0.11")
        let servers = try GuestServer(try agent.guest("app"), [target], tcp: [8080], udp: [])
        defer { servers.stop() }
        for round in 0..<6 {
            for _ in 0..<5 { #expect(try web.tcp(target, 8080) == .answered(1000)) }
            if round == 3 {
                agent.supervisor.process?.kill()
                while try agent.supervisor.look() == nil { _ = try Polling.wait([], timeoutNanoseconds: 2_000_000) }
                try agent.start()
            }
            _ = try Polling.wait([], timeoutNanoseconds: 1_000_000_000)
        }
        // The willing bucket goes on; the state says which does not.
        try eventually("the missing bucket to be said") {
            try agent.status().undelivered?.contains("\(mount) is not there") == true
        }
        try eventually("records in the other bucket") {
            try !objects(agent.folder.path + "/flowlogs").values.allSatisfy(\.isEmpty)
        }
        try DurableFile.makeFolder(mount)
        for (folder, instance) in [(agent.folder.path + "/flowlogs", "10.1.0.10"), (mount, "10.1.0.11")] {
            var delivered: [[String: Any]] = []
            try eventually("all sessions of \(instance), not \(delivered.count)") {
                delivered = try objects(folder).values.flatMap { $0 }
                return delivered.count { $0["target_port"] as? Int == 8080 } >= 30
            }
            let sessions = delivered.filter {
                $0["target_port"] as? Int == 8080 && $0["was_terminated"] as? Bool == true
            }
            #expect(Set(sessions.compactMap { $0["initiator_port"] as? Int }).count == 30)
            #expect(sessions.count == 30)
        }
        try eventually("everything to be delivered") { try agent.status().undelivered == nil }
    }
}

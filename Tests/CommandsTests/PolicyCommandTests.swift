import Foundation
import Host
import Link
import Model
import PolicyFiles
import Records
import TestSupport
import Testing

@testable import Commands

/// The enterprise policy on the command line, over a folder with hits.
@Suite(.ownThread) struct PolicyCommandTests {
    private let shop: ShopFolder
    private let revision: Revision

    init() throws {
        shop = try ShopFolder()
        let yaml =
            ShopFolder.wider + """

                enterprise:
                  - {name: no-telnet, action: block, direction: ingress, from: any, to: vpc:shop, service: tcp/23, owner: ada}
                  - {name: watch-db, action: observe, direction: ingress, from: any, to: instance:db-1, service: tcp/5432}
                  - {name: old, action: allow, direction: egress, from: any, to: any, expires: 2020-01-01}
                """
        revision = shop.second.next(
            policy: try PolicyFile.load(yaml, name: "shop.yaml"), actor: "eve", origin: "shop.yaml",
            at: ShopFolder.start.advanced(by: .seconds(700)))
        let store = RevisionStore(shop.folder)
        try store.save(revision)
        let catalogue = try store.catalogue { path, error in preconditionFailure("\(path): \(error)") }
        var json = EventJSON(host: "gate", catalogue: catalogue)
        var lines = ByteLine()
        for (place, hit) in try hits().enumerated() {
            var event = hit
            event.sequence = UInt64(10 + place)
            json.append(event, to: &lines)
        }
        try shop.append(lines.bytes, to: shop.folder.eventsJSON)
    }

    private func rule(_ name: String) throws -> EnterpriseRule {
        try #require(revision.policy.enterprise?.first { $0.name == name })
    }

    /// A block, three observations of two peers on two days, and a note of an observed interface.
    private func hits() throws -> [SessionEvent] {
        func event(
            _ hours: Int64, _ verdict: Verdict, _ rule: Identifier<Rule>, port: UInt16, from: String,
            isObservation: Bool = false,
            stage: Stage = .enterprise
        ) throws -> SessionEvent {
            SessionEvent(
                sequence: 0, time: ShopFolder.start.advanced(by: .seconds(3600 * hours)), verdict: verdict,
                isObservation: isObservation, stage: stage, rule: rule, revision: 3, interface: shop.database.interface,
                direction: .ingress, key: try shop.key(port, to: "10.1.3.10", from: from), packet: [])
        }
        let watch = try rule("watch-db").id
        return [
            try event(1, .drop, try rule("no-telnet").id, port: 23, from: "198.51.100.7"),
            try event(2, .accept, watch, port: 5432, from: "198.51.100.7", isObservation: true),
            try event(3, .accept, watch, port: 5432, from: "198.51.100.7", isObservation: true),
            try event(40, .accept, watch, port: 5432, from: "198.51.100.9", isObservation: true),
            try event(
                41, .accept, revision.policy.vpcs[0].groups[1].defaultRefusal(.ingress), port: 25, from: "198.51.100.9",
                stage: .group),
        ]
    }

    @Test func `hits tell which rule interrupted which traffic, and what only observed`() throws {
        let run = try shop.gatehouse("policy", "hits")
        let lines = run.output.split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        }
        // A summary of what is missing stands among them: it may have been hits.
        let rows = lines.dropFirst().filter { $0.count > 6 && !$0.contains("to") }
        #expect(rows.map { $0[2] } == ["no-telnet", "watch-db", "watch-db", "watch-db", "default"], "\(run.output)")
        #expect(rows[0][3...6].elementsEqual(["block", "DROP", "db-1/eth0", "ingress"]), "\(run.output)")
        #expect(rows[1][3...4].elementsEqual(["observe", "OBSERVE"]))
        #expect(run.output.contains("observe   would DROP"), "\(run.output)")
        let named = try shop.gatehouse("policy", "hits", "--name", "no-telnet", "dport=23", "-o", "jsonl")
        let found = try named.output.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.filter { $0["kind"] == nil }
        #expect(found.count == 1)
        #expect(found.first?["rule_name"] as? String == "no-telnet")
        #expect(found.first?["stage"] as? String == "enterprise" && found.first?["verdict"] as? String == "DROP")
        #expect(found.first?["changed_by"] as? String == "eve" && found.first?["revision"] as? Int == 3)
    }

    @Test func `action=observe finds what was only noted, and no verdict does`() throws {
        let observed = try shop.gatehouse("events", "action=observe", "-o", "jsonl")
        #expect(observed.output.components(separatedBy: "\"verdict\":\"OBSERVE\"").count == 4)
        let accepted = try shop.gatehouse("events", "action=accept", "-o", "jsonl")
        #expect(!accepted.output.contains("OBSERVE"))
        #expect(accepted.output.contains("\"would_be\":\"DROP\""))
    }

    @Test func `the list says what is in force`() throws {
        let run = try shop.gatehouse("policy", "enterprise", "-o", "json")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(rows.map { $0["name"] as? String } == ["no-telnet", "watch-db", "old"])
        #expect(rows.map { $0["state"] as? String } == ["in force", "in force", "expired"])
        #expect(rows[0]["from"] as? String == "any" && rows[0]["to"] as? String == "vpc:shop")
        #expect(rows[0]["since_revision"] as? Int == 3 && rows[0]["owner"] as? String == "ada")
    }

    @Test func `evidence counts sessions, peers and days of what observes`() throws {
        let run = try shop.gatehouse("policy", "evidence", "-o", "json")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(rows.count == 1)
        #expect(rows[0]["name"] as? String == "watch-db" && rows[0]["sessions"] as? Int == 3)
        #expect(rows[0]["peers"] as? Int == 2 && rows[0]["days"] as? Int == 2)
        #expect(rows[0]["newest_peer"] as? String == "198.51.100.9")
        // 2026-11-03 is a Tuesday.
        #expect(rows[0]["week"] as? String == "tue 2, thu 1")
    }

    @Test func `coverage leaves out what no rule decided`() throws {
        let run = try shop.gatehouse("policy", "coverage", "-o", "json")
        let rows = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(rows.map { $0["interface"] as? String } == ["shop/db-1/eth0", "shop/web-1/eth0"])
        // Of db-1 the block is by a rule; a default refusal, and one that only would have been, are not.
        #expect(rows[0]["sessions"] as? Int == 3 && rows[0]["covered"] as? Int == 1 && rows[0]["percent"] as? Int == 33)
        #expect(rows[1]["percent"] as? Int == 100)
    }

    @Test func `promote shows one change, and refuses what does not observe`() throws {
        let plan = try shop.gatehouse("policy", "promote", "watch-db", "--plan")
        #expect(plan.exit == .code(0))
        #expect(plan.output.contains("enterprise rule"), "\(plan.output)")
        #expect(plan.output.contains("block ingress tcp/5432 from any to instance:shop/db-1"), "\(plan.output)")
        let other = try shop.gatehouse("policy", "promote", "no-telnet", "--plan")
        #expect(other.exit == .code(1) && other.errors.contains("it does not observe, it says block"))
        let unknown = try shop.gatehouse("policy", "promote", "watch-bd")
        #expect(unknown.exit == .code(1) && unknown.errors.contains("watch-db"), "\(unknown.errors)")
    }

    @Test func `apply --plan tells rules that come, go and change places`() throws {
        let file = try shop.file(
            "next.yaml",
            ShopFolder.wider + """

                enterprise:
                  - {name: watch-db, action: observe, direction: ingress, from: any, to: instance:db-1, service: tcp/5432}
                  - {name: no-telnet, action: block, direction: ingress, from: any, to: vpc:shop, service: tcp/23, owner: ada, enabled: false}
                """)
        let run = try shop.gatehouse("apply", "--file", file, "--plan")
        #expect(run.output.contains("- enterprise rule old"), "\(run.output)")
        #expect(run.output.contains("~ enterprise rule no-telnet"), "\(run.output)")
        #expect(run.output.contains("order of enterprise rules"), "\(run.output)")
    }
}

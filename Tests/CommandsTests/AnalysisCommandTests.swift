import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Commands

/// Questions about policy files, which need no agent and no data folder.
@Suite(.ownThread) struct AnalysisCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    private func run<Value>(_ words: [String], exit: Int32 = 0, as type: Value.Type) throws -> Value {
        let run = try shop.run(words)
        #expect(run.exit == .code(exit), "\(run.errors)")
        return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? Value)
    }

    @Test func `plan tells the packets that a file newly accepts`() throws {
        let old = try shop.file("old.yaml", Shop.yaml)
        let new = try shop.file(
            "new.yaml", Shop.yaml.replacing("ingress tcp/5432 from group:app", with: "ingress tcp/5432-5433 from any"))
        let boxes = try run(["plan", "-f", new, "--against", old, "-o", "json"], as: [[String: Any]].self)
        let told = boxes.map { box in
            ["from", "to", "family", "protocol", "source_ports", "target_ports", "change", "answer"].map {
                "\(box[$0] ?? "-")"
            }
        }
        #expect(
            told == [["0.0.0.0/0", "db-1/eth0", "ipv4", "tcp", "0-65535", "5432-5433", "accepted", "ACCEPT"]])
    }

    @Test func `plan of a file against itself is empty`() throws {
        let path = try shop.file("same.yaml", Shop.yaml)
        #expect(try run(["plan", "-f", path, "--against", path, "-o", "json"], as: [Any].self).isEmpty)
        let words = try shop.run(["plan", "-f", path, "--against", path])
        #expect(words.output == "nothing changes; no packet is judged otherwise\n")
    }

    @Test func `a session whose answer is refused is exit code 3, and says so`() throws {
        let path = try shop.file(
            "answer.yaml",
            """
            project: shop
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16]
                acls: [{name: edge, rules: [allow ingress tcp/443 from any to any, deny egress any from any to any]}]
                subnets: [{name: s, cidr: 10.1.0.0/24, acl: edge}]
                groups: [{name: web, rules: [ingress tcp/443 from any]}]
                instances:
                  - {name: web-1, interfaces: [{name: eth0, subnet: s, address: 10.1.0.10, groups: [web]}]}
            """)
        let run = try shop.run(["explain", "192.0.2.1", "web-1", "tcp/443", "-f", path])
        #expect(run.exit == .code(3))
        #expect(run.output.contains("accepted") && run.output.contains("but its answer is refused"))
        #expect(run.output.split(separator: "\n").first?.hasSuffix("tcp/443, \(path)") == true)
    }

    @Test func `plan's exit code tells of changes that are not allowed`() throws {
        let old = try shop.file("old.yaml", Shop.yaml)
        let new = try shop.file(
            "new.yaml", Shop.yaml.replacing("egress tcp/5432 to group:db", with: "egress tcp/1 to group:db"))
        for (allow, exit) in [("accepted", 3), ("accepted,refused", 0), ("none", 3)] as [(String, Int32)] {
            _ = try run(
                ["plan", "-f", new, "--against", old, "-o", "json", "--allow", allow], exit: exit, as: [Any].self)
        }
    }

    @Test func `reach tells what is accepted to one end`() throws {
        let path = try shop.file("shop.yaml", Shop.yaml)
        let boxes = try run(["reach", "-f", path, "--to", "db-1", "-o", "json"], as: [[String: Any]].self)
        #expect(
            boxes.map { "\($0["from"] ?? "") \($0["target_ports"] ?? "") \($0["verdict"] ?? "")" } == [
                "app-1/eth0 5432 ACCEPT"
            ])
        let none = try shop.run(["reach", "-f", path, "--from", "outside", "--to", "db-1"])
        #expect(none.errors == "nothing is accepted\n")
    }

    @Test func `lint tells what is found, and 3 where it is denied`() throws {
        let path = try shop.file(
            "shop.yaml",
            Shop.yaml.replacing(
                "ingress tcp/443 from any", with: "ingress tcp/443 from any, ingress tcp/443 from 192.0.2.1"))
        let found = try run(
            ["lint", "-f", path, "-o", "json", "--deny", "shadowed"], exit: 3, as: [[String: Any]].self)
        #expect(found.count == 1)
        #expect(found.first?["kind"] as? String == "shadowed")
        #expect(found.first?["rule"] as? String == "ingress tcp/443 from 192.0.2.1")
        #expect(found.first?["by"] as? [String] == ["ingress tcp/443 from any"])
        #expect((found.first?["witness"] as? [String: Any])?["from"] as? String == "192.0.2.1")
    }

    @Test func `explain by a file needs no data folder`() throws {
        let path = try shop.file("shop.yaml", Shop.yaml)
        let words = ["explain", "app-1", "db-1", "tcp/5432", "-f", path, "-o", "json", "--data", "/nowhere"]
        let told = try run(words, as: [String: Any].self)
        #expect(told["verdict"] as? String == "ACCEPT")
        let refused = try run(
            ["explain", "web-1", "db-1", "tcp/5432", "-f", path, "-o", "json"], exit: 3, as: [String: Any].self)
        #expect((refused["least_edit"] as? [[String: Any]])?.count == 2)
    }

    @Test func `an assertion that is broken ends apply before anything is taken`() throws {
        let broken =
            "assertions: [only group:app reaches group:db on tcp/5432]\n"
            + Shop.yaml.replacing("ingress tcp/5432 from group:app", with: "ingress tcp/5432 from any")
        let path = try shop.file("broken.yaml", broken)
        let line = "assertion broken: only group:app reaches group:db on tcp/5432\n  0.0.0.0/0 → db-1/eth0 passes"
        // No agent runs here: the refusal comes before one is asked.
        let applied = try shop.gatehouse("apply", "-f", path)
        #expect(applied.exit == .code(1))
        #expect(applied.errors.contains(line))
        #expect(applied.errors.hasSuffix("nothing was changed: mend the policy, or the assertion\n"))
        let planned = try shop.run(["plan", "-f", path, "--against", path])
        #expect(planned.exit == .code(3))
        #expect(planned.output.contains(line))
    }

    @Test func `replay tells the records that a file decides otherwise, as asking one by one does`() throws {
        let heading =
            "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
        var lines = [heading]
        for number in 0..<400 {
            let port = number % 3 == 0 ? 443 : 22
            let action = number % 5 == 0 ? "REJECT" : "ACCEPT"
            lines.append(
                "2 210987654321 eni-1 192.0.2.\(number % 250) 10.1.1.10 \(30_000 + number) \(port) 6 1 100 \(1_767_225_600 + number) "
                    + "\(1_767_225_601 + number) \(action) OK")
        }
        let log = try shop.file("aws.log", lines.joined(separator: "\n") + "\n")
        let archive = shop.folder.path + "/archive"
        #expect(try shop.run(["import", "--archive", archive, log]).exit == .code(0))
        let policy = try shop.file("shop.yaml", Shop.yaml)
        let run = try shop.run(["replay", "-f", policy, "--archive", archive, "-o", "jsonl"])
        #expect(run.exit == .code(3), "\(run.errors)")
        let told = try run.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        // The web tier admits 443 from everywhere and nothing else.
        let expected = (0..<400).filter { ($0 % 3 == 0) == ($0 % 5 == 0) }
        #expect(Set(told.compactMap { $0["initiator_port"] as? Int }) == Set(expected.map { 30_000 + $0 }))
        #expect(
            told.allSatisfy {
                $0["replayed_verdict"] as? String == ($0["target_port"] as? Int == 443 ? "accept" : "drop")
            })
        let planned = try shop.run(["plan", "-f", policy, "--against", policy, "--archive", archive])
        let refused = expected.count { $0 % 3 != 0 }
        #expect(
            planned.output.hasSuffix(
                "of recorded flows \(refused) would be refused that were accepted, \(expected.count - refused) accepted that were "
                    + "refused\n"))
        #expect(run.errors.contains("400 records asked, of \(expected.count) something else would be decided"))
    }
}

import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@Suite(.ownThread) struct ExplainCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    @Test func `a refusal is told in order with its rules, their makers, the least edit`() throws {
        let run = try shop.gatehouse("explain", "web-1", "db-1/eth0", "tcp/5432")
        let (web, app) = try (shop.rule("egress tcp/8080 to any"), shop.rule("egress tcp/5432 to group:db"))
        let database = try shop.rule("ingress tcp/5432 from 10.1.2.0/24")
        let refusal = shop.second.policy.vpcs[0].groups[1].defaultRefusal(.ingress).short
        #expect(
            run.output == """
                web-1/eth0 (10.1.1.10) → db-1/eth0 (10.1.3.10) tcp/5432, revision 2 by bob, 2026-11-03 10:05:00
                egress at web-1/eth0
                  guard: source 10.1.1.10 is the interface's own
                  group web: 2 egress rules
                    · egress tcp/8080 to any: port 5432 is not 8080 [\(web.id.short), revision 1 by ada, 2026-11-03 09:55:00]
                    ✓ egress tcp/5432 to group:db: matches [\(app.id.short), revision 2 by bob, 2026-11-03 10:05:00]
                ingress at db-1/eth0
                  group db: 1 ingress rule
                    · ingress tcp/5432 from 10.1.2.0/24: 10.1.1.10 is not in 10.1.2.0/24 [\(database.id.short), revision 1 by ada, 2026-11-03 09:55:00]
                  ✗ default refusal of ingress in group db: no rule of its groups matches [\(refusal), in force: revision 2 by bob, 2026-11-03 10:05:00]
                refused
                to accept: add "ingress tcp/5432 from group:web" to group db

                """)
        #expect(run.exit == .code(3))
    }

    @Test func `an accepted session is exit code 0`() throws {
        let run = try shop.gatehouse("explain", "198.51.100.7", "web-1", "tcp/443")
        #expect(run.output.hasSuffix("accepted\n"))
        #expect(run.exit == .code(0))
    }

    @Test(arguments: [["--revision", "1"], ["--at", "2026-11-03T10:04:59Z"]])
    func `an earlier revision is asked by its number or its time`(words: [String]) throws {
        let run = try shop.gatehouse("explain", "web-1", "db-1", "tcp/5432", words[0], words[1])
        #expect(run.output.contains("revision 1 by ada"))
        #expect(!run.output.contains("egress tcp/5432 to group:db: matches"))
    }

    @Test(arguments: ["2", "HOST:2"])
    func `a recorded flow tells what decided then beside what would decide now`(id: String) throws {
        let run = try shop.gatehouse("explain", "--flow", id.replacing("HOST", with: Machine.hostName))
        let lines = run.output.split(separator: "\n")
        #expect(
            lines.prefix(4) == [
                "record 2: 2026-11-03 10:05:10.000, ingress at db-1/eth0, 198.51.100.7 → 10.1.3.10 tcp/5432",
                "  refused by default refusal of ingress in group db [\(shop.second.policy.vpcs[0].groups[1].defaultRefusal(.ingress).short)]",
                "  in force: revision 2 by bob, 2026-11-03 10:05:00", "now:",
            ])
        #expect(lines.last == "to accept: add \"ingress tcp/5432 from 198.51.100.7\" to group db")
        #expect(run.exit == .code(3))
    }

    @Test func `a recorded flow tells who made its rule`() throws {
        let run = try shop.gatehouse("explain", "--flow", "1")
        #expect(run.output.contains("  rule made in revision 1 by ada, 2026-11-03 09:55:00\n"))
        #expect(run.exit == .code(0))
    }

    @Test func `JSON tells the maker of the rule of each step`() throws {
        let run = try shop.gatehouse("explain", "web-1", "db-1", "tcp/5432", "-o", "json")
        let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
        #expect(object["verdict"] as? String == "DROP")
        let steps = try #require(object["steps"] as? [[String: Any]])
        #expect(steps.compactMap { $0["changed_by"] as? String } == ["ada", "bob", "ada", "bob"])
        #expect((object["least_edit"] as? [[String: Any]])?.first?["group"] as? String == "db")
        #expect(run.exit == .code(3))
    }

    @Test(arguments: [
        (
            ["web-9", "db-1", "tcp/443"],
            "source \"web-9\": neither an address nor an interface of revision 2; it has web-1/eth0, db-1/eth0"
        ),
        (["web-1", "db-1", "tcp"], "service \"tcp\": the port is missing; write tcp/443"),
        (["web-1", "db-1", "tcp/1-9"], "service \"tcp/1-9\": a session has one port; write tcp/1"),
        (
            ["web-1", "db-1", "any"],
            "service \"any\": a session has one protocol; write tcp/443, udp/53, icmp/8 or gre"
        ),
        (["web-1", "db-1", "icmpv6/128"], "have no addresses of one family that carries icmpv6/128; name addresses"),
        (["--flow", "9", "--data"], "--flow 9: there is no such record"),
        (["--flow", "elsewhere:1", "--data"], "--flow elsewhere:1: recorded by elsewhere; this is"),
        (["--flow", "x", "--data"], "--flow x: not a record's id"),
    ])
    func `what is not there is named, with the mend`(words: [String], error: String) throws {
        // The folder stands at the end of both kinds.
        let folder = shop.folder.path
        let run =
            words[2] == "--data"
            ? try shop.gatehouse("explain", words[0], words[1], words[2], folder)
            : try shop.gatehouse("explain", words[0], words[1], words[2], "--data", folder)
        #expect(run.errors.contains(error))
        #expect(run.errors.split(separator: "\n").count == 1)
        #expect(run.exit == .code(1))
        #expect(run.output.isEmpty)
    }
}

import Foundation
import Host
import TestSupport
import Testing

@testable import Commands

@Suite(.ownThread) struct UsageTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    @Test(arguments: [
        (["nonsense"], "nonsense"), (["events", "port"], "write TERM=VALUE"),
        (["events", "port=99999"], "not a port"),
        (["flows", "--since", "yesterday"], "--since: \"yesterday\" is not a time"),
        (["events", "--limit", "-1"], "limit"), (["flows", "--follow", "--until", "1h"], "--until and --follow"),
        (["apply"], "--file"), (["apply", "-f", "x", "--drain", "--cut-after", "1m"], "--drain and --cut-after"),
        (["apply", "-f", "x", "--cut-after", "soon"], "--cut-after: \"soon\" is not a duration"),
        (["explain", "a", "b"], "--flow ID"), (["explain", "--flow", "1", "a"], "--flow: source"),
        (["explain", "a", "b", "tcp/1", "--at", "1h", "--revision", "1"], "--at and --revision"),
        (["books", "--settle", "9999"], "--settle 9999"), (["events", "-o", "xml"], "xml"),
        (["collector", "list"], "--server: name the control plane"), (["acl", "create", "x"], "--vpc"),
        (["bucket", "create", "x", "file:x", "--server", "http://h"], "--token-file"),
        (["audit", "--kind", "cat"], "--kind cat: give one of project, user"),
        (["audit", "--group", "a", "--target", "b"], "--group, --target: give one of them"),
        (["audit", "--limit", "0"], "--limit 0: give 1 to 100000"), (["audit", "--since", "soon"], "--since"),
        (["audit", "--outcome", "maybe"], "--outcome maybe"), (["host", "enrol", "a/b"], "\"a/b\""),
        (["serve", "--vpc-quota", "cats=3"], "rules-per-group"), (["serve", "--zone", "mars"], "--zone mars"),
        (["plan", "-f", "x", "--allow", "all"], "--allow all: give some of accepted"),
        (["lint", "-f", "x", "--deny", "shadow"], "--deny shadow: write \"shadowed\""),
    ])
    func `wrong usage is exit code 2`(words: [String], error: String) throws {
        let run = try shop.run(words)
        #expect(run.exit == .code(2))
        #expect(run.errors.contains(error))
        #expect(run.output.isEmpty)
    }

    @Test(arguments: [
        "demo", "up", "apply", "events", "flows", "books", "explain", "status", "revisions", "serve", "host", "audit",
        "backup", "restore", "collector", "bucket", "acl", "verify", "plan", "reach", "lint",
    ])
    func `each command's help has an example`(verb: String) throws {
        let run = try shop.gatehouse(verb, "--help")
        #expect(run.output.contains("gatehouse \(verb)"))
        #expect(run.output.contains("Example: "))
        #expect(run.exit == .code(0))
    }

    @Test(arguments: ["events", "flows", "revisions", "explain"])
    func `a folder that is not there is exit code 1`(verb: String) throws {
        let words = [verb] + (verb == "explain" ? ["a", "b", "tcp/1"] : []) + ["--data", "/nowhere/at/all"]
        let run = try shop.run(words)
        #expect(run.errors.hasPrefix("gatehouse: data folder /nowhere/at/all: there is none; "))
        #expect(run.exit == .code(1))
    }

    @Test func `revisions are listed with their makers`() throws {
        #expect(
            try shop.gatehouse("revisions").output == """
                REVISION  WHEN                 WHO  FROM        GROUPS  RULES  INTERFACES
                       1  2026-11-03 09:55:00  ada  shop.yaml        2      3           2
                       2  2026-11-03 10:05:00  bob  wider.yaml       2      4           2

                """)
        #expect(
            try shop.gatehouse("revisions", "-o", "yaml").output.hasPrefix(
                "- revision: 1\n  made_at: \"2026-11-03T09:55:00.000000Z\"\n  made_by: \"ada\"\n"))
    }
}

import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// Other software's rules that drop what our gate let pass are said.
@Suite(.serialized) struct ForeignDropTests {
    private static let rules: [(words: [String], said: String?)] = [
        (
            ["nft", "table ip f { chain FORWARD { type filter hook forward priority filter; policy drop; }; }"],
            "table ip f, chain FORWARD (hook forward, priority 0): policy drop"
        ),
        (
            [
                "nft",
                "table inet f { chain deny { tcp dport { 1, 2 } counter drop; }; chain f { type filter hook forward priority 10; jump deny; }; }",
            ], "table inet f, chain f (hook forward, priority 10): drops in chain deny"
        ),
        (
            ["nft", "table ip6 f { chain i { type filter hook input priority 0; tcp dport 1 reject; }; }"],
            "table ip6 f, chain i (hook input, priority 0): drops in its rules"
        ),
        (
            [
                "nft",
                "table inet f { chain p { type filter hook postrouting priority -300; meta mark vmap { 1 : drop }; }; }",
            ],
            "table inet f, chain p (hook postrouting, priority -300): drops in its rules"
        ),
        (
            ["nft", "table netdev f { chain e { type filter hook egress device gh-web priority 0; policy drop; }; }"],
            "table netdev f, chain e (hook egress, priority 0): policy drop"
        ),
        (
            ["nft", "table bridge f { chain b { type filter hook forward priority 0; policy drop; }; }"],
            "table bridge f, chain b (hook forward, priority 0): policy drop"
        ),
        (
            ["iptables-nft", "-P", "FORWARD", "DROP"],
            "table ip filter, chain FORWARD (hook forward, priority 0): policy drop"
        ),
        (
            ["ip6tables-nft", "-A", "FORWARD", "-j", "REJECT"],
            "table ip6 filter, chain FORWARD (hook forward, priority 0): drops in its rules"
        ),
        (
            ["iptables-legacy", "-P", "FORWARD", "DROP"],
            "iptables-legacy filter (IPv4), chain FORWARD (hook forward, priority 0): policy drop"
        ),
        (
            [
                "sh", "-c",
                "iptables-legacy -N DOCKER-USER; iptables-legacy -A FORWARD -j DOCKER-USER; iptables-legacy -A DOCKER-USER -s 10.1.0.10 -j DROP",
            ],
            "iptables-legacy filter (IPv4), chain FORWARD (hook forward, priority 0): drops in chain DOCKER-USER"
        ),
        // Before us: we never hear of what they drop.
        (["nft", "table ip f { chain p { type filter hook prerouting priority -150; policy drop; }; }"], nil),
        (["nft", "table ip f { chain p { type filter hook forward priority -20; tcp dport 1 drop; }; }"], nil),
        // Nobody drops.
        (
            [
                "nft",
                "table ip f { chain p { type filter hook forward priority 0; counter accept comment \"drop\"; }; chain q { drop; }; }",
            ], nil
        ),
        (["iptables-nft", "-A", "FORWARD", "-j", "ACCEPT"], nil),
    ]

    @Test(.kernel, arguments: rules.indices)
    func `what may drop behind the gate is in status, and only that`(_ number: Int) throws {
        let (words, said) = Self.rules[number]
        let agent = try AgentUnderTest("fd\(number)", arguments: ["--metrics", "127.0.0.1:9464"])
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.start()
        let run = try ChildProcess.run(words[0], Array(words.dropFirst()), namespace: agent.host.name)
        #expect(run.exit == .code(0), "\(run.errors)")
        // A look that must come after the change: one at another's rule that is always there to be seen.
        try TestHost.run(
            "nft", "table inet later { chain f { type filter hook forward priority 20; tcp dport 7 drop; }; }",
            in: agent.host.name)
        var found: [String] = []
        try eventually("the look at the later table, not \(found)") {
            found = try agent.status().foreignDrops ?? []
            return found.contains {
                $0.hasPrefix("table inet later, chain f (hook forward, priority 20): drops in its rules")
            }
                && (said == nil || found.count > 1)
        }
        #expect(found.count == (said == nil ? 1 : 2), "\(found)")
        if let said { #expect(found.contains { $0.hasPrefix(said) }, "\(found)") }
        try TestHost.run("nft", "delete", "table", "inet", "later", in: agent.host.name)
        try eventually("the look that finds it gone") {
            try agent.status().foreignDrops?.count == (said == nil ? 0 : 1)
        }
    }
}

import Attribution
import Model
import TestSupport
import Testing

@testable import Enforcement

@Suite struct NftTextTests {
    private static let block = IPPrefix(containing: IPAddress(ipv4: 0x0a00_0000), length: 8)

    static let statements: [(statement: Statement, text: String)] = [
        (.family(.ipv6), "meta nfproto ipv6"),
        (.transport(.tcp), "meta l4proto 6"),
        (.transport(.icmp, .icmpv6), "meta l4proto { 1, 58 }"),
        (.noneOf(.tcp, .udp), "meta l4proto != { 6, 17 }"),
        (.source(block), "ip saddr 10.0.0.0/8"),
        (.target(IPPrefix(IPAddress(ipv6High: 1, low: 2))), "ip6 daddr ::1:0:0:0:2/128"),
        (.match(.sourcePorts(PortRange(1, 2))), "th sport 1-2"),
        (.match(.targetPorts(PortRange(80, 80))), "th dport 80"),
        (.udp(68, 67), "udp sport 68 udp dport 67"),
        (
            .match(.udp([.init(source: 1, target: 2), .init(source: 3, target: 4)])),
            "udp sport . udp dport { 1 . 2, 3 . 4 }"
        ),
        (.icmpv6(130...132, 143...143), "icmpv6 type { 130-132, 143 }"),
        (.match(.icmpCode(.icmp, 4)), "icmp code 4"),
        (.match(.tcpSYN), "tcp flags & syn == syn"), (.match(.tcpOpening), "tcp flags & (syn | ack) == syn"),
        (.match(.answers(0, true)), "ct reply packets 0"), (.match(.answers(1, false)), "ct reply packets != 1"),
        (.status(.seenReply), "ct status seen-reply"),
        (.delete(.handshakes, [.connection]), "delete @handshakes { ct id }"),
        (.match(.fromHost), "meta iif 0"), (.match(.notFromHost), "meta iif != 0"),
        (.match(.inputDevice("lo")), "iifname \"lo\""), (.match(.hopLimit(255)), "ip6 hoplimit 255"),
        (.match(.packetMark(0x6a40_0000)), "meta mark 0x6a400000"), (.count, "counter"),
        (.match(.targetIs([.local, .multicast])), "fib daddr type { local, multicast }"),
        (.match(.targetNot([block])), "ip daddr != 10.0.0.0/8"),
        (.state(.untracked), "ct state untracked"),
        (.status(.confirmed), "ct status confirmed"),
        (.match(.isOriginal), "ct direction original"),
        (.match(.edgeMark), "meta mark and 0xff000000 == 0x6a000000"),
        (.isNotIn(.ports, .inputDevice), "iifname != @ports"),
        (
            .isIn(.sourcesWithMAC(.ipv4), .inputDevice, .sourceMAC, .source(.ipv4)),
            "iifname . ether saddr . ip saddr @mac_sources_4"
        ),
        (.add(.handshakes, [.connection]), "add @handshakes { ct id }"),
        (
            .update(.counting(.coarseAtEdge, .b), [.inputDevice, .outputDevice, .packetMark]),
            "update @coarse_acl_b { iifname . oifname . meta mark }"
        ),
        (.log(.init(reason: .accepted(index: 0x1f), direction: .egress)), "log prefix \"ghae001f\" group 8011"),
        (.note(.rule(0x12, .egress)), "ct mark set ct mark and 0x0000ffff or 0x00120000"),
        (.note(.rule(0x12, .ingress)), "ct mark set ct mark and 0xffff0000 or 0x00000012"),
        (.note(.noRules), "ct mark set 0"),
        (.match(.hasRule(.egress, false)), "ct mark and 0xffff0000 == 0"),
        (.match(.isAnswer), "ct direction reply"),
        (.match(.initiator(block)), "ct original ip saddr 10.0.0.0/8"),
        (.match(.responder(block)), "ct reply ip saddr 10.0.0.0/8"),
        (.isIn(.members(group: "web", .ipv6, epoch: 0), .responder(.ipv6)), "ct reply ip6 saddr @members_6_web_0"),
        (.note(.packetMark(1)), "meta mark set 0x00000001"),
        (
            .note(.profile([.inputDevice], of: .profiles(.egress, epoch: 0))),
            "meta priority set iifname map @egress_profiles_0"
        ),
        (.note(.noProfile), "meta priority set none"),
        (.notrack, "notrack"), (.accept, "accept"), (.drop, "drop"), (.return, "return"), (.jump("c"), "jump c"),
        (.goto("c"), "goto c"),
        (.verdict(.map(.target(.ipv6), .edgesEntered(.ipv6, epoch: 0))), "ip6 daddr vmap @edge_ingress_6_0"),
    ]

    @Test func `each statement has its words`() {
        for (statement, text) in Self.statements { #expect(NftText.rule([statement]) == text) }
    }

    @Test(.kernel) func `nft takes each statement`() throws {
        let host = try TestHost("nt")
        defer { host.remove() }
        var ruleset = Ruleset()
        for set in [
            SetName.ports, .sourcesWithMAC(.ipv4), .handshakes, .counting(.coarseAtEdge, .b),
            .profiles(.egress, epoch: 0), .members(group: "web", .ipv6, epoch: 0), .edgesEntered(.ipv6, epoch: 0),
        ] { ruleset.sets[set] = [:] }
        ruleset.chains["c"] = .init([])
        // Ports of a session have a meaning beside their protocol alone.
        let beside: [Ruleset.Rule] = [
            [.transport(.tcp), .match(.responderPorts(PortRange(80, 90)))],
            [.transport(.icmpv6), .match(.openingICMP(0x8000...0x80ff))],
        ]
        // Notrack is for chains before connection tracking.
        ruleset.add(.guard, Self.statements.map { [$0.statement] } + beside)
        try NftProgram(namespace: host.name).apply(ScriptWriter.script(from: nil, to: ruleset))
    }

    @Test(.kernel) func `base chains hang where the list of hooks says`() throws {
        let host = try TestHost("nh")
        defer { host.remove() }
        var ruleset = Ruleset()
        for hook in Hook.allCases { ruleset.add(hook, []) }
        try NftProgram(namespace: host.name).apply(ScriptWriter.script(from: nil, to: ruleset))
        let listing = try TestHost.run("nft", "-y", "list", "table", "inet", "gatehouse", in: host.name)
        let ports = try TestHost.run("nft", "-y", "list", "table", "bridge", "gatehouse", in: host.name)
        for hook in Hook.allCases {
            let wanted = "type filter hook \(hook.place.rawValue) priority \(hook.priority.value); policy accept;"
            #expect(TableListing(listing, ports: ports).chains[hook.chain] == [wanted])
        }
    }
}

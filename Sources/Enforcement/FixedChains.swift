import Attribution
import Model

/// The chains that are the same for every policy: hooks, the short way of known sessions, the guard.
enum FixedChains {
    /// ICMPv6 that keeps a link alive, as Neutron's provider rules let through: MLD, router solicitation, neighbour
    /// solicitation and advertisement. Link upkeep is not judged by groups and not part of the books, like ARP.
    private static let upkeep = "{ 130, 131, 132, 133, 135, 136, 143 }"

    /// * `hasEdges`: whether packets may bear the mark of a refusal before connection tracking.
    static func render(hasEdges: Bool) -> Ruleset {
        var ruleset = Ruleset()
        ruleset.collections["handshakes"] = .init(
            "typeof ct id\nsize 262144\nflags dynamic,timeout\ntimeout 2m", isDynamic: true)
        ruleset.chains = [
            // Before conntrack (-200): a spoofed packet must not be counted in another's session.
            "guard": .init(
                hook: "type filter hook prerouting priority raw; policy accept;",
                [
                    "iifname . ip saddr @sources_4 accept",
                    "iifname . ip6 saddr @sources_6 accept",
                    "iifname != @ports accept",
                    "iifname . ether saddr . ip saddr @mac_sources_4 accept",
                    "iifname . ether saddr . ip6 saddr @mac_sources_6 accept",
                    "meta l4proto icmpv6 ip6 saddr { ::, fe80::/10 } icmpv6 type \(upkeep) accept",
                    // A DHCP client has no address yet; its requests are link upkeep.
                    "ip saddr 0.0.0.0 udp sport 68 udp dport 67 notrack accept",
                    "ip6 saddr fe80::/10 udp sport 546 udp dport 547 notrack accept",
                    // Told apart from other wrong sources because it has an id of its own.
                    "meta l4proto icmpv6 ip6 saddr { ::, fe80::/10 } icmpv6 type { 134, 137 } goto guard_router_advertisement",
                    "iifname @\(KernelNames.egressCounts)",
                    "goto \(CountingChains.guardChain(.spoof, .egress))",
                ]),
            "guard_router_advertisement": .init([
                "iifname @\(KernelNames.egressCounts)",
                "goto \(CountingChains.guardChain(.routerAdvertisement, .egress))",
            ]),
            "forward": .init(hook: "type filter hook forward priority filter - 10; policy accept;", entry),
            "input": .init(hook: "type filter hook input priority filter - 10; policy accept;", entry),
            "output": .init(hook: "type filter hook output priority filter - 10; policy accept;", entry),
            "known": .init([
                "iifname @\(KernelNames.egressCounts)",
                "oifname @\(KernelNames.ingressCounts)",
                "ct status assured accept",
                "tcp flags & syn == syn goto handshake",
                "accept",
            ]),
            // Conntrack does not count an opening SYN that comes again: it does not renew the entry for it (since Linux
            // 5.13), and ignores it once it was answered. Of SYN-ACKs the first is counted, the others are ignored
            // (TCP_CONNTRACK_IGNORE in nf_conntrack_proto_tcp.c).
            "handshake": .init([
                "ct direction original goto resent",
                "ct id @handshakes goto extra",
                "add @handshakes { ct id }",
                "accept",
            ]),
            "fresh": .init([
                "ct state untracked goto not_tracked",
                "iifname @ports icmpv6 type { 134, 137 } goto guard_router_advertisement",
                "iifname @\(KernelNames.egressCounts)",
                "ct state related goto related",
                "ct state invalid goto invalid",
                "iifname @ports meta nfproto ipv4 udp sport 67 udp dport 68 goto \(CountingChains.guardChain(.dhcpServer, .egress))",
                "iifname @ports meta nfproto ipv6 udp sport 547 udp dport 546 goto \(CountingChains.guardChain(.dhcpServer, .egress))",
                "iifname @ports meta nfproto ipv4 udp sport 68 udp dport 67 goto dhcp_client",
                "iifname @ports meta nfproto ipv6 udp sport 546 udp dport 547 goto dhcp_client",
                "goto judge_egress",
            ]),
            "dhcp_client": .init([
                MarkLayout.statement(isEgress: true, index: MarkLayout.dhcpClientIndex)
                    + " \(LogPrefix(reason: .accepted(index: MarkLayout.dhcpClientIndex), direction: .egress).statement)"
                    + " goto to_ingress"
            ]),
            // ICMP errors carry the session's mark but are not in its counts. What a helper announced is an entry of its own.
            "related": .init([
                "oifname @\(KernelNames.ingressCounts)",
                "meta l4proto { icmp, icmpv6 } goto extra",
                "accept",
            ]),
            "invalid": .init([
                "iifname @ports goto \(CountingChains.guardChain(.invalid, .egress))",
                "oifname @\(KernelNames.ingressCounts) goto \(CountingChains.guardChain(.invalid, .ingress))",
                "accept",
            ]),
            "not_tracked": .init(
                (hasEdges ? ["\(EdgeMark.condition) goto acl_refused"] : []) + ["goto not_tracked_by_others"]),
            "not_tracked_by_others": .init([
                "iifname @ports icmpv6 type { 134, 137 } goto guard_router_advertisement",
                "icmpv6 type \(upkeep) accept",
                "udp sport 68 udp dport 67 accept",
                "udp sport 546 udp dport 547 accept",
                "iifname @\(KernelNames.egressCounts) goto \(CountingChains.guardChain(.untracked, .egress))",
                "oifname @\(KernelNames.ingressCounts) goto \(CountingChains.guardChain(.untracked, .ingress))",
                "accept",
            ]),
        ]
        return ruleset
    }

    /// An entry that is confirmed was judged by its first packet, also while no answer has come yet. A related packet
    /// bears the entry of another session, so it is not known by that.
    private static let entry = [
        "ct state established goto known",
        "ct state new ct status confirmed goto known",
        "goto fresh",
    ]
}

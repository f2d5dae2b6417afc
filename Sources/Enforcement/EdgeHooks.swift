import Attribution
import Model

/// The hooks before connection tracking, where every packet is asked by itself: by network ACLs, then by stateless groups.
///
/// ```
/// edge, edge_output   upkeep passes
///                     ► network ACLs (`EdgeChains`)
///                     ► stateless groups of the sender, then of the target (`StatelessChains`)
/// a refusal           packet mark = the rule, notrack, on to the forward hook
/// not_tracked         acl_refused ► acl_verdicts map (mark) ► tell once, count, drop
/// ```
///
/// Counting waits for the forward hook because the way out is known there, and connection tracking never sees the packet.
enum EdgeHooks {
    /// Link upkeep, which neither ACLs nor groups judge here.
    private static let upkeep = [
        "meta l4proto icmpv6 icmpv6 type { 130-137, 143 } accept",
        "meta nfproto ipv4 udp sport . udp dport { 67 . 68, 68 . 67 } accept",
        "meta nfproto ipv6 udp sport . udp dport { 546 . 547, 547 . 546 } accept",
    ]

    /// The part of the table that stands before connection tracking; nothing where a plan has nothing to ask there.
    static func render(_ plan: HostPlan, epoch: Int) -> Ruleset {
        let edges = EdgeChains(plan.edges, epoch: epoch)
        let stateless = StatelessChains(plan, epoch: epoch)
        var ruleset = edges.ruleset
        ruleset.merge(stateless.ruleset)
        let refusals = edges.refusals.union(stateless.refusals)
        guard !refusals.isEmpty else { return Ruleset() }
        // After the guard (-300), before connection tracking (-200).
        ruleset.chains["edge"] = .init(
            hook: "type filter hook prerouting priority raw + 5; policy accept;",
            upkeep + edges.leaving + edges.arriving + stateless.leaving)
        ruleset.chains["edge_output"] = .init(
            hook: "type filter hook output priority raw + 5; policy accept;",
            upkeep + edges.arriving + stateless.arriving)
        addRefusals(refusals, epoch, &ruleset)
        return ruleset
    }

    /// Marks the packet as refused and keeps it from connection tracking; it is dropped further on.
    static func refusal(_ mark: UInt32) -> String { "meta mark set 0x\(hexadecimal(mark)) notrack accept" }

    private static func addRefusals(_ marks: Set<UInt32>, _ epoch: Int, _ ruleset: inout Ruleset) {
        var verdicts: [Ruleset.Element: Ruleset.Target] = [:]
        for mark in marks {
            let name = "\(EdgeMark.stage(mark))_refusal_\(EdgeMark.direction(mark))_\(EdgeMark.index(mark))"
            verdicts[.mark(mark)] = .chain(name)
            ruleset.chains[name] = .init(CountingChains.edgeRefusal(mark))
        }
        ruleset.collections["acl_verdicts_\(epoch)"] = .init(
            "type mark : verdict", isMap: true, decides: true, elements: verdicts)
        // What bears the mark of a rule that has just gone was refused all the same.
        ruleset.chains["acl_refused"] = .init(["meta mark vmap @acl_verdicts_\(epoch)", "goto not_tracked_by_others"])
    }
}

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
    /// What ACLs and groups do not judge here: link upkeep, which is never forwarded, and DHCP with the host.
    private static let upkeep: [Ruleset.Rule] =
        [decided, [LinkUpkeep.all, .accept]]
        + LinkUpkeep.dhcpRequests.map { $0 + [LinkUpkeep.staysHere, .accept] }

    /// What the guard has refused is not asked again.
    private static let decided: Ruleset.Rule = [.match(.edgeMark), .accept]

    private static let upkeepOfHost: [Ruleset.Rule] =
        [decided, [LinkUpkeep.all, .accept]] + LinkUpkeep.dhcpAnswers.map { $0 + [.accept] }

    /// The part of the table that stands before connection tracking; nothing where a plan has nothing to ask there.
    static func render(_ plan: HostPlan, epoch: Int) -> Ruleset {
        let edges = EdgeChains(plan.edges, epoch: epoch)
        let stateless = StatelessChains(plan, epoch: epoch)
        var ruleset = edges.ruleset
        ruleset.merge(stateless.ruleset)
        let refusals = edges.refusals.union(stateless.refusals)
        guard !refusals.isEmpty else { return Ruleset() }
        ruleset.add(.edge, upkeep + edges.leaving + edges.arriving + stateless.leaving)
        ruleset.add(.edgeOutput, upkeepOfHost + edges.arriving + stateless.arriving)
        addRefusals(refusals, epoch, &ruleset)
        return ruleset
    }

    /// Marks the packet as refused and keeps it from connection tracking; it is dropped further on.
    static func refusal(_ mark: UInt32) -> Ruleset.Rule { [.note(.packetMark(mark)), .notrack, .accept] }

    private static func addRefusals(_ marks: Set<UInt32>, _ epoch: Int, _ ruleset: inout Ruleset) {
        var verdicts: [Ruleset.Element: Ruleset.Target] = [:]
        for mark in marks {
            let name = "\(EdgeMark.stage(mark))_refusal_\(EdgeMark.direction(mark))_\(EdgeMark.index(mark))"
            verdicts[.mark(mark)] = .chain(name)
            ruleset.chains.merge(CountingChains.edgeRefusal(mark, name)) { _, new in new }
        }
        ruleset.sets[.refusals(epoch: epoch)] = verdicts
        // What bears the mark of a rule that has just gone was refused all the same.
        ruleset.chains["acl_refused"] = .init([
            [.verdict(.map(.packetMark, .refusals(epoch: epoch)))], [.goto("not_tracked_by_others")],
        ])
    }
}

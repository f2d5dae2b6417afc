import Enforcement
import Host
import Model

/// Enterprise rules that are in force for a time only.
extension Agent {
    /// Puts rules in force whose hour has come, and takes those out that are over; live sessions that a block now refuses end.
    func keepSchedules() throws {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        let rules = revision.policy.enterprise ?? []
        let wanted = Set(rules.filter { $0.isInForce(at: now) }.map(\.id))
        guard wanted != inForce ?? [] else { return }
        // What passed its hour while no agent ran is not known.
        let mayRefuse = inForce != nil || rules.contains { $0.schedule != nil || $0.expires != nil }
        _ = try enforce(
            try binding.plan(leasedPolicy, claims: holders, counted: leases.counted, indexes: &state.indexes))
        state.epoch = enforcer.epoch
        try attempt("state", saveState)
        inForce = wanted
        if mayRefuse { _ = try cutRevoked() }
    }
}

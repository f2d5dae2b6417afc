import Attribution
import Model
import Netlink
import Policy

/// Ends the live sessions that a new revision no longer admits by the rule that had admitted them.
///
/// A session that another rule admits goes on: its next packet is judged anew and gets that rule's mark.
struct SessionCutter {
    let requests: NetfilterSocket
    let dumps: NetfilterSocket

    /// Cuts them and tells how many there were; `rule` is the rule behind an index of the mark.
    func cut(_ policy: Policy, rule: (UInt16, Direction) -> Identifier<Rule>?) throws(NetlinkError) -> Int {
        let admission = Admission(policy)
        var doomed: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entry in
            if entry.mark != 0, !isAdmitted(entry, admission, rule) { doomed.append(entry) }
        }
        var count = 0
        for entry in doomed where try ConnectionTracking.delete(requests, entry) { count += 1 }
        return count
    }

    private func isAdmitted(
        _ entry: ConnectionEntry, _ admission: Admission, _ rule: (UInt16, Direction) -> Identifier<Rule>?
    ) -> Bool {
        let egress = MarkLayout.egressIndex(entry.mark)
        let ingress = MarkLayout.ingressIndex(entry.mark)
        if egress != 0, egress != MarkLayout.dhcpClientIndex {
            guard let id = rule(egress, .egress),
                admission.admits(id, entry.original.key, at: entry.original.source)
            else { return false }
        }
        if ingress != 0 {
            guard let id = rule(ingress, .ingress), admission.admits(id, entry.keyAtTarget, at: entry.reply.source)
            else {
                return false
            }
        }
        return true
    }
}

/// Ends sessions that no rule of ours has judged, so that their next packet is.
struct UnjudgedSessions {
    let requests: NetfilterSocket
    let dumps: NetfilterSocket

    /// Cuts the sessions of these addresses whose mark says nothing of that end.
    func cut(_ addresses: Set<IPAddress>) throws(NetlinkError) {
        var doomed: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entry in
            let lacksEgress = MarkLayout.egressIndex(entry.mark) == 0 && addresses.contains(entry.original.source)
            let lacksIngress = MarkLayout.ingressIndex(entry.mark) == 0 && addresses.contains(entry.reply.source)
            if lacksEgress || lacksIngress { doomed.append(entry) }
        }
        for entry in doomed { _ = try ConnectionTracking.delete(requests, entry) }
    }
}

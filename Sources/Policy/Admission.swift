package import Model

/// Whether one given rule of a revision still admits a session: what decides which live sessions a change cuts.
///
/// Not the same as judging: another rule may come first and admit the session as well, which is no reason to cut it.
package struct Admission: Sendable {
    private struct Holder: Sendable {
        let rule: Rule
        let group: String
        let vpc: Int
    }

    private struct Owner: Sendable {
        let groups: [String]
        let vpc: Int
    }

    private var rules: [Identifier<Rule>: Holder] = [:]
    private var owners: [IPAddress: Owner] = [:]
    private var blocks: [(prefix: IPPrefix, owner: Owner)] = []
    /// Groups of addresses that other hosts' interfaces have.
    private var elsewhere: [IPAddress: Owner] = [:]

    /// The enterprise policy is asked first: what it refuses no rule admits.
    private let enterprise: EnterpriseIndex

    /// * `policy`: with what each interface has at present (`Policy.holding`).
    package init(_ policy: Policy) {
        let policy = policy.holding().observing()
        enterprise = EnterpriseIndex(policy)
        for (index, vpc) in policy.vpcs.enumerated() {
            for group in vpc.groups {
                for rule in group.rules { rules[rule.id] = Holder(rule: rule, group: group.name, vpc: index) }
                for address in group.membersElsewhere {
                    elsewhere[address] = Owner(groups: (elsewhere[address]?.groups ?? []) + [group.name], vpc: index)
                }
            }
            for interface in vpc.instances.flatMap(\.interfaces) {
                let owner = Owner(groups: interface.groups, vpc: index)
                for address in interface.allAddresses { owners[address] = owner }
                blocks += interface.allPrefixes.map { ($0, owner) }
            }
        }
        blocks.sort { $0.prefix.length > $1.prefix.length }
    }

    private func owner(_ address: IPAddress) -> Owner? {
        owners[address] ?? blocks.first { $0.prefix.contains(address) }?.owner
    }

    /// Whether the rule is there, attached to the interface that owns `address`, and matches the session's key.
    ///
    /// - Parameters:
    ///   - rule: the id that the session's mark names.
    ///   - key: the session as the interface sees it.
    ///   - address: the interface's own address: the initiator's for egress, the target's for ingress.
    /// - Returns: false as well where rule or interface are gone.
    package func admits(_ rule: Identifier<Rule>, _ key: FlowKey, at address: IPAddress) -> Bool {
        guard let holder = rules[rule], let owner = owner(address), owner.vpc == holder.vpc,
            owner.groups.contains(holder.group)
        else { return false }
        guard enterprise.blocking(key, holder.rule.direction) == nil else { return false }
        let peer = holder.rule.direction == .egress ? key.target : key.initiator
        guard holder.rule.family.map({ $0 == key.initiator.family }) ?? true else { return false }
        guard holder.rule.local.map({ $0.contains(address) }) ?? true else { return false }
        return holder.rule.service.matches(key) && matches(holder.rule.remote, peer, holder.vpc)
    }

    private func matches(_ remote: Remote, _ peer: IPAddress, _ vpc: Int) -> Bool {
        switch remote {
        case .any: true
        case .prefix(let prefix): prefix.contains(peer)
        case .group(let name):
            (owner(peer) ?? elsewhere[peer]).map { $0.vpc == vpc && $0.groups.contains(name) } ?? false
        }
    }
}

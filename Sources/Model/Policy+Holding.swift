/// Who has shown, by ARP or neighbour discovery, that he has an address that several may use.
package enum AddressHolder: Hashable, Sendable {
    case interface(Identifier<Interface>)
    /// Somebody beyond this host.
    case elsewhere
    /// It is passing from one to another.
    case nobody
}

extension Policy {
    /// The policy with, for each interface, what it has at present of all that it may use.
    ///
    /// Every judgement is by address, so an address has one holder, or none, and then it is nobody's and refused:
    ///
    /// | an address that | is had by |
    /// |---|---|
    /// | one interface has as its own, others in their pairs | who claimed it last; before that its owner, where a device is attached to it |
    /// | stands in the pairs of one interface alone | that interface |
    /// | stands in the pairs of several, here or elsewhere | who claimed it last |
    /// | lies in a block that one interface may use | that interface, but for what others have as single addresses |
    /// | lies in blocks of several interfaces | who claimed it last |
    ///
    /// What this returns is its own result: a pair that is left is held.
    package func holding(_ claims: [IPAddress: AddressHolder] = [:]) -> Policy {
        guard vpcs.contains(where: { $0.instances.contains { $0.interfaces.contains { !$0.pairs.isEmpty } } }) else {
            return self
        }
        var policy = self
        for place in policy.vpcs.indices { policy.vpcs[place].hold(claims) }
        return policy
    }
}

extension VPC {
    fileprivate mutating func hold(_ claims: [IPAddress: AddressHolder]) {
        let interfaces = instances.flatMap(\.interfaces)
        guard interfaces.contains(where: { !$0.pairs.isEmpty }) else { return }
        let holdings = Holdings(interfaces, claims)
        for instance in instances.indices {
            for place in instances[instance].interfaces.indices {
                instances[instance].interfaces[place] = holdings.held(by: instances[instance].interfaces[place])
            }
        }
    }
}

/// Who has what, among the interfaces of a VPC.
private struct Holdings {
    /// Of addresses that stand in somebody's pairs: who has them.
    private var single: [IPAddress: Identifier<Interface>] = [:]
    /// Addresses that stand in somebody's pairs.
    private var wanted: Set<IPAddress> = []
    /// Addresses out of blocks that their holder has claimed, with the MAC of the pair.
    private var claimed: [Identifier<Interface>: [AddressPair]] = [:]
    private var blocks: [(prefix: IPPrefix, owner: Identifier<Interface>)] = []

    init(_ interfaces: [Interface], _ claims: [IPAddress: AddressHolder]) {
        var owners: [IPAddress: Interface] = [:]
        var candidates: [IPAddress: [Interface]] = [:]
        var shared: Set<IPAddress> = []
        for interface in interfaces {
            for address in interface.addresses { owners[address] = owners[address] ?? interface }
            blocks += interface.prefixes.map { ($0, interface.id) }
            for pair in interface.pairs {
                guard let address = pair.address else {
                    blocks.append((pair.prefix, interface.id))
                    continue
                }
                if candidates[address]?.last?.id != interface.id { candidates[address, default: []].append(interface) }
                if pair.isShared { shared.insert(address) }
            }
        }
        wanted = Set(candidates.keys)
        for (address, candidates) in candidates {
            let owner = owners[address].flatMap { $0.device == nil && candidates.count > 0 ? nil : $0 }
            switch claims[address] {
            case .interface(let id) where candidates.contains { $0.id == id } || owners[address]?.id == id:
                single[address] = id
            case .nobody: break
            case .elsewhere where owner == nil: break
            case .interface, .elsewhere, nil:
                if let owner {
                    single[address] = owner.id
                } else if candidates.count == 1, !shared.contains(address) {
                    single[address] = candidates[0].id
                }
            }
        }
        let byID = Dictionary(interfaces.map { ($0.id, $0) }) { first, _ in first }
        for (address, holder) in claims.sorted(by: { $0.key < $1.key }) where candidates[address] == nil {
            guard case .interface(let id) = holder, owners[address] == nil, let interface = byID[id],
                let pair = interface.pairs.first(where: { $0.prefix.contains(address) }), !isBlock(pair, of: id)
            else { continue }
            claimed[id, default: []].append(AddressPair(IPPrefix(address), mac: pair.mac))
        }
    }

    /// Whether a pair's block is one interface's alone.
    private func isBlock(_ pair: AddressPair, of interface: Identifier<Interface>) -> Bool {
        !pair.isShared && !blocks.contains { $0.owner != interface && $0.prefix.overlaps(pair.prefix) }
    }

    func held(by interface: Interface) -> Interface {
        let own = interface.addresses.filter { !wanted.contains($0) || single[$0] == interface.id }
        var pairs: [AddressPair] = []
        for pair in interface.pairs {
            let isHeld = pair.address.map { single[$0] == interface.id } ?? isBlock(pair, of: interface.id)
            if isHeld { pairs.append(AddressPair(pair.prefix, mac: pair.mac)) }
        }
        pairs += claimed[interface.id] ?? []
        return interface.with(addresses: own, prefixes: interface.prefixes, pairs: pairs)
    }
}

import Model

/// Every interface of a policy by number, with look-ups by address and id, and who is in which group.
///
/// Interfaces of one VPC that name the same groups in the same order share a profile.
struct InterfaceIndex: Sendable {
    /// The groups of some interfaces.
    struct Profile: Sendable {
        var vpc: Int32
        var firstChain: Int32
        var chainCount: Int32
        /// Where the profile's membership bits begin.
        var members: Int32
        /// Whether its groups ask each packet by itself; all are then of that kind.
        var isStateless: Bool
    }

    private struct Row {
        var idHigh: UInt64
        var idLow: UInt64
        /// The only source MAC, or all ones for any.
        var mac: UInt64
        var profile: Int32
    }

    private struct Position {
        var vpc: Int32
        var instance: Int32
        var interface: Int32
    }

    private struct ProfileKey: Hashable {
        var vpc: Int32
        var groups: [String]
    }

    private var rows: [Row] = []
    private var positions: [Position] = []
    private var profiles: [Profile] = []
    private var profileChains: [Int32] = []
    private var memberBits: [UInt64] = []
    private var byAddress = WordTable([])
    private var blocks: BlockTable
    private var byID = WordTable([])
    /// Of interfaces with pairs: what they send from with another MAC than their own, and what with their own.
    private var pairMACs: [Int32: [PermittedSource]] = [:]
    private var ownSources: [Int32: [IPPrefix]] = [:]
    /// For each VPC, where the membership bits begin of addresses that other hosts' interfaces have.
    private var elsewhere: [WordTable?] = []

    /// - Parameters:
    ///   - policy: The policy.
    ///   - chains: For each VPC the number of each group's first chain, by name.
    init(_ policy: Policy, chains: [[String: Int32]]) {
        var known: [ProfileKey: Int32] = [:]
        var addresses: [(high: UInt64, low: UInt64, tag: UInt8, value: Int32)] = []
        var ids: [(high: UInt64, low: UInt64, tag: UInt8, value: Int32)] = []
        var blocks: [(prefix: IPPrefix, value: Int32)] = []
        self.blocks = BlockTable([])
        for (vpcNumber, vpc) in policy.vpcs.enumerated() {
            let stateless = Set(vpc.groups.filter { !$0.isStateful }.map(\.name))
            let numbers = Dictionary(vpc.groups.enumerated().map { ($1.name, $0) }) { first, _ in first }
            for (instanceNumber, instance) in vpc.instances.enumerated() {
                for (interfaceNumber, interface) in instance.interfaces.enumerated() {
                    let number = Int32(rows.count)
                    let key = ProfileKey(vpc: Int32(vpcNumber), groups: interface.groups)
                    let profile =
                        known[key]
                        ?? addProfile(
                            key, chains: chains[vpcNumber], numbers, groupCount: vpc.groups.count,
                            isStateless: interface.groups.first.map(stateless.contains) ?? false)
                    known[key] = profile
                    rows.append(
                        Row(
                            idHigh: interface.id.high, idLow: interface.id.low, mac: interface.mac?.bits ?? .max,
                            profile: profile))
                    positions.append(
                        Position(
                            vpc: Int32(vpcNumber), instance: Int32(instanceNumber), interface: Int32(interfaceNumber)))
                    ids.append((interface.id.high, interface.id.low, 0, number))
                    addresses += interface.allAddresses.map { ($0.high, $0.low, $0.family.code, number) }
                    blocks += interface.allPrefixes.map { ($0, number) }
                    if !interface.pairs.isEmpty {
                        for source in interface.sources where source.mac != interface.mac {
                            pairMACs[number, default: []].append(source)
                        }
                        ownSources[number] = interface.sources.filter { $0.mac == interface.mac }.map(\.prefix)
                    }
                }
            }
        }
        byAddress = WordTable(addresses)
        self.blocks = BlockTable(blocks)
        byID = WordTable(ids)
        for vpc in policy.vpcs { elsewhere.append(addMembersElsewhere(vpc)) }
    }

    private mutating func addMembersElsewhere(_ vpc: VPC) -> WordTable? {
        var groups: [IPAddress: [Int]] = [:]
        for (number, group) in vpc.groups.enumerated() {
            for address in group.membersElsewhere { groups[address, default: []].append(number) }
        }
        guard !groups.isEmpty else { return nil }
        var known: [[Int]: Int32] = [:]
        var entries: [(high: UInt64, low: UInt64, tag: UInt8, value: Int32)] = []
        for (address, numbers) in groups {
            if known[numbers] == nil { known[numbers] = addBits(numbers, groupCount: vpc.groups.count) }
            entries.append((address.high, address.low, address.family.code, known[numbers] ?? -1))
        }
        return WordTable(entries)
    }

    private mutating func addBits(_ numbers: [Int], groupCount: Int) -> Int32 {
        var bits = [UInt64](repeating: 0, count: (groupCount + 63) / 64)
        for number in numbers { bits[number / 64] |= 1 << UInt64(number % 64) }
        memberBits += bits
        return Int32(memberBits.count - bits.count)
    }

    private mutating func addProfile(
        _ key: ProfileKey, chains: [String: Int32], _ numbers: [String: Int], groupCount: Int, isStateless: Bool
    ) -> Int32 {
        let own = key.groups.compactMap { chains[$0] }
        profiles.append(
            Profile(
                vpc: key.vpc, firstChain: Int32(profileChains.count), chainCount: Int32(own.count),
                members: addBits(key.groups.compactMap { numbers[$0] }, groupCount: groupCount),
                isStateless: isStateless))
        profileChains += own
        return Int32(profiles.count - 1)
    }

    /// The interface that has an address, or -1.
    @inline(__always)
    func owner(_ address: IPAddress) -> Int32 {
        let found = byAddress.find(address.high, address.low, tag: address.family.code)
        return found >= 0 || blocks.isEmpty ? found : blocks.owner(address)
    }

    /// The interface that sent a packet, or -1; `source` is the owner of its source address, most often the same.
    @inline(__always)
    func sender(_ origin: Packet.Origin, source: Int32) -> Int32 {
        guard case .interface(let id) = origin else { return -1 }
        if source >= 0 {
            let row = rows[Int(source)]
            if row.idLow == id.low, row.idHigh == id.high { return source }
        }
        return byID.find(id.high, id.low, tag: 0)
    }

    /// Whether the interface may send from an address of its own with this MAC.
    @inline(__always)
    func accepts(_ mac: MACAddress?, from address: IPAddress, at interface: Int32) -> Bool {
        guard let mac else { return true }
        guard !pairMACs.isEmpty, let others = pairMACs[interface] else {
            let own = rows[Int(interface)].mac
            return own == .max || own == mac.bits
        }
        return acceptsPair(mac, address, others, interface)
    }

    private func acceptsPair(
        _ mac: MACAddress, _ address: IPAddress, _ others: [PermittedSource], _ interface: Int32
    ) -> Bool {
        let own = rows[Int(interface)].mac
        if own == .max || own == mac.bits, ownSources[interface]?.contains(where: { $0.contains(address) }) ?? false {
            return true
        }
        return others.contains { $0.mac == mac && $0.prefix.contains(address) }
    }

    @inline(__always)
    func profile(_ interface: Int32) -> Profile { profiles[Int(rows[Int(interface)].profile)] }

    /// Whether each packet that the interface sends or is sent needs a rule; false where there is none of ours.
    @inline(__always)
    func isStateless(_ interface: Int32) -> Bool { interface >= 0 && profile(interface).isStateless }

    @inline(__always)
    func chain(_ position: Int32) -> Int32 { profileChains[Int(position)] }

    /// Where the membership bits of a peer begin, or -1 where the peer is in no group of this VPC.
    @inline(__always)
    func membership(of peer: Int32, _ probe: Probe, seenFrom profile: Profile) -> Int32 {
        guard peer >= 0 else {
            return elsewhere[Int(profile.vpc)]?.find(probe.peerHigh, probe.peerLow, tag: probe.family) ?? -1
        }
        let other = self.profile(peer)
        return other.vpc == profile.vpc ? other.members : -1
    }

    @inline(__always)
    func contains(_ members: Int32, _ group: Int32) -> Bool {
        members >= 0 && memberBits[Int(members &+ group >> 6)] >> UInt64(group & 63) & 1 == 1
    }

    func id(_ interface: Int32) -> Identifier<Interface> {
        let row = rows[Int(interface)]
        return Identifier(high: row.idHigh, low: row.idLow)
    }

    /// The chains of an interface's groups, in its order.
    func chains(_ interface: Int32) -> ArraySlice<Int32> {
        let profile = profile(interface)
        return profileChains[Int(profile.firstChain)..<Int(profile.firstChain + profile.chainCount)]
    }

    func value(_ interface: Int32, in policy: Policy) -> Interface {
        let position = positions[Int(interface)]
        return policy.vpcs[Int(position.vpc)].instances[Int(position.instance)].interfaces[Int(position.interface)]
    }

    func vpc(_ interface: Int32, in policy: Policy) -> VPC { policy.vpcs[Int(positions[Int(interface)].vpc)] }

    /// `web-1/eth0`.
    func label(_ interface: Int32, in policy: Policy) -> String {
        let position = positions[Int(interface)]
        let instance = policy.vpcs[Int(position.vpc)].instances[Int(position.instance)]
        return "\(instance.name)/\(instance.interfaces[Int(position.interface)].name)"
    }
}

import Model
import Policy

/// All ends of packets that one policy, or several together, tell apart, and the way between any two.
struct Survey: Sendable {
    /// What is told of the packets between two places, one for each policy: packet spaces by number.
    typealias Findings = [Int32]

    /// Packets between two ends, or an end and the outside, of which one thing is told.
    struct Piece: Sendable {
        /// Place of the kind in the list of findings.
        let kind: Int
        let from: String
        let to: String
        let source: IPAddress
        let target: IPAddress
        let space: Int32
    }

    private(set) var ground: Ground
    private(set) var sides: [PolicyPlaces]
    let addresses: AddressMap
    /// Ends that are interfaces' in any of the policies.
    private(set) var ends: [End] = []
    private var outsidePlaces: [IPPrefix: [Int32]] = [:]
    private var trees: [Set<IPPrefix>: BlockTree] = [:]

    init(_ policies: [Policy]) {
        var ground = Ground()
        sides = policies.map { PolicyPlaces($0, &ground) }
        self.ground = ground
        addresses = AddressMap(sides)
        addEnds()
    }

    // MARK: Ends

    private mutating func places(_ block: IPPrefix) -> [Int32] {
        sides.indices.map { sides[$0].place(of: block, &ground) }
    }

    /// Whose an address is, by the newest policy that says so.
    private func owner(_ block: IPPrefix) -> (side: Int, owner: PolicyPlaces.Owner)? {
        for side in sides.indices.reversed() {
            if let number = sides[side].owner(block) { return (side, sides[side].owners[number]) }
        }
        return nil
    }

    /// `web-1/eth0`, with the VPC before it where several have one of that name.
    private func names() -> [String: Int] {
        var counts: [String: Set<String>] = [:]
        for side in sides {
            for owner in side.owners { counts[owner.label, default: []].insert(side.policy.vpcs[owner.vpc].name) }
        }
        return counts.mapValues(\.count)
    }

    /// Addresses of one interface and family.
    private struct Holding: Hashable {
        let owner: String
        let family: AddressFamily
    }

    /// A single address, or a part of a block that is judged alike.
    private struct Member {
        let block: IPPrefix
        let address: IPAddress
        let places: [Int32]
    }

    private mutating func addEnds() {
        let counts = names()
        var members: [Holding: [Member]] = [:]
        var order: [(holding: Holding, name: String)] = []
        for (block, address) in Set(sides.flatMap(\.singles.keys)).sorted().map({ (IPPrefix($0), $0) }) + blockParts() {
            guard let (side, owner) = owner(block) else { continue }
            let full = "\(sides[side].policy.vpcs[owner.vpc].name)/\(owner.label)"
            let holding = Holding(owner: full, family: block.family)
            if members[holding] == nil { order.append((holding, counts[owner.label] == 1 ? owner.label : full)) }
            members[holding, default: []].append(Member(block: block, address: address, places: places(block)))
        }
        for (holding, name) in order {
            let own = members[holding] ?? []
            let isOne = own.allSatisfy { $0.places == own[0].places }
            ends += (isOne ? Array(own.prefix(1)) : own).map {
                End(
                    name: isOne ? name : $0.block.description, owner: holding.owner, family: holding.family,
                    address: $0.address, places: $0.places)
            }
        }
    }

    /// The parts of interfaces' blocks that are judged alike, each with an address that is nobody's single one.
    private func blockParts() -> [(IPPrefix, IPAddress)] {
        guard !addresses.blocks.isEmpty else { return [] }
        var cuts: Set<IPPrefix> = Set(sides.flatMap { $0.blocks.map(\.prefix) } + sides.flatMap(\.locals))
        cuts.formUnion(ground.prefixes.all)
        return addresses.blocks.flatMap { block in
            let inner = cuts.filter { block.contains($0) && !($0.isSingleAddress && addresses.isSingle($0.base)) }
            return BlockTree(inner.union([block])).regions.flatMap { region, holes in
                region.without(holes).compactMap { part in
                    addresses.unclaimed(in: part).map { (part, $0) }
                }
            }
        }
    }

    // MARK: The outside

    private mutating func outside(_ block: IPPrefix) -> [Int32] {
        if let known = outsidePlaces[block] { return known }
        let places = sides.indices.map { sides[$0].outsidePlace(of: block, &ground) }
        outsidePlaces[block] = places
        return places
    }

    /// The blocks of the outside that an end is asked about one by one.
    private func cuts(_ end: End) -> Set<IPPrefix> {
        var blocks = Set(IPPrefix.forMany.filter { $0.family == end.family })
        blocks.insert(.all(end.family))
        for (place, side) in zip(end.places, sides) {
            let place = ground.walk.places[place]
            var numbers: Set<Int32> = []
            var groups: Set<Int32> = []
            if let rules = place.rules {
                for table in [ground.walk.tables[rules.ingress], ground.walk.tables[rules.egress]] {
                    numbers.formUnion(table.prefixes.keys)
                    groups.formUnion(table.groups.keys)
                }
            }
            if let edge = place.edge.map({ ground.walk.edges[$0] }) {
                numbers.formUnion(edge.subnet)
                for rule in edge.rules { numbers.formUnion([rule.source, rule.target].compactMap(\.self)) }
            }
            blocks.formUnion(numbers.map { ground.prefixes[$0] })
            if !groups.isEmpty {
                for (address, own) in side.elsewhere where own.contains(where: groups.contains) {
                    blocks.insert(IPPrefix(address))
                }
            }
            blocks.formUnion(side.gateways.map { IPPrefix($0) })
        }
        return blocks.filter {
            $0.family == end.family && !($0.isSingleAddress && addresses.isOwned($0.base))
                && !addresses.blocks.contains(where: $0.isWithin)
        }
    }

    // MARK: Pieces

    /// What is found between all ends, and between each and the outside, in few pieces.
    ///
    /// - Parameters:
    ///   - skipsUnchanged: Whether nothing can be found between places of which all policies say the same.
    ///   - from: Which ends are asked as senders; nil stands for the outside.
    ///   - to: Which are asked as targets.
    ///   - kinds: How many kinds there are.
    ///   - find: The packet spaces of each kind between places, one for each policy.
    /// - Returns: disjoint pieces of each kind; none where nothing is found.
    mutating func pieces(
        skipsUnchanged: Bool, from: (End?) -> Bool, to: (End?) -> Bool, kinds: Int,
        find: (inout Walk, [Int32], [Int32], AddressFamily) -> Findings
    ) -> [Piece] {
        var pieces: [Piece] = []
        for family in AddressFamily.allCases {
            let own = ends.filter { $0.family == family }
            let senders = own.filter(from)
            let targets = own.filter(to)
            let changedTargets = skipsUnchanged ? targets.filter { !$0.isUnchanged } : targets
            for sender in senders {
                for target in skipsUnchanged && sender.isUnchanged ? changedTargets : targets
                where target.owner != sender.owner {
                    let found = find(&ground.walk, sender.places, target.places, family)
                    for (kind, space) in found.enumerated() where space != ground.walk.pool.empty(family) {
                        pieces.append(
                            Piece(
                                kind: kind, from: sender.name, to: target.name, source: sender.address,
                                target: target.address, space: space))
                    }
                }
            }
            if to(nil) {
                for sender in senders {
                    pieces += outsidePieces(sender, isSender: true, skipsUnchanged, kinds, find)
                }
            }
            if from(nil) {
                for target in targets {
                    pieces += outsidePieces(target, isSender: false, skipsUnchanged, kinds, find)
                }
            }
        }
        return pieces
    }

    private mutating func outsidePieces(
        _ end: End, isSender: Bool, _ skipsUnchanged: Bool, _ kinds: Int,
        _ find: (inout Walk, [Int32], [Int32], AddressFamily) -> Findings
    ) -> [Piece] {
        let cuts = cuts(end)
        var tree = trees[cuts] ?? BlockTree(cuts)
        if trees[cuts] == nil { trees[cuts] = tree }
        let empty = ground.walk.pool.empty(end.family)
        var values = [[Int32?]](repeating: [], count: kinds)
        for (block, inner) in tree.regions {
            let places = outside(block)
            var found: Findings?
            if skipsUnchanged, end.isUnchanged, places.allSatisfy({ $0 == places[0] }) {
                found = Findings(repeating: empty, count: kinds)
            } else if addresses.free(in: block, without: inner) != nil {
                found =
                    isSender
                    ? find(&ground.walk, end.places, places, end.family)
                    : find(&ground.walk, places, end.places, end.family)
            }
            for kind in 0..<kinds { values[kind].append(found?[kind]) }
        }
        var pieces: [Piece] = []
        for kind in 0..<kinds {
            for piece in tree.cover(values[kind], &ground.walk.pool, empty: empty) {
                guard let address = addresses.free(in: piece.block) else { continue }
                let name = piece.block.description
                pieces.append(
                    Piece(
                        kind: kind, from: isSender ? end.name : name, to: isSender ? name : end.name,
                        source: isSender ? end.address : address, target: isSender ? address : end.address,
                        space: piece.space))
            }
        }
        return pieces
    }

    func space(_ number: Int32) -> PacketSpace { ground.walk.pool[number] }
}

extension IPPrefix {
    /// Whether all its addresses are another block's.
    fileprivate func isWithin(_ other: IPPrefix) -> Bool { other.contains(self) }
}

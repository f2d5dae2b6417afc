package import Model
import Policy

/// Everything about a policy that its author may not have meant, each with a packet that shows it where there is one.
///
/// What is said of a rule against the rules before it holds for whatever interfaces there may come to be: that somebody is in a
/// group says nothing of his address.
package struct Lint: Sendable {
    package private(set) var findings: [Finding] = []
    private var pool = SpacePool()
    private let policy: Policy

    package init(_ policy: Policy) {
        self.policy = policy
        for vpc in policy.vpcs {
            for group in vpc.groups where !group.isPredefined { check(group, vpc) }
            for acl in vpc.acls { check(acl, vpc) }
        }
        addRefusedAnswers()
    }

    // MARK: Groups

    private mutating func check(_ group: SecurityGroup, _ vpc: VPC) {
        let place = "\(vpc.name)/\(group.name)"
        let interfaces = vpc.instances.flatMap(\.interfaces)
        let carriers = interfaces.filter { $0.groups.contains(group.name) }
        if carriers.isEmpty {
            findings.append(Finding(.unattached, place))
            let namers = vpc.groups.flatMap(\.rules).filter { $0.remote == .group(group.name) }
            if !namers.isEmpty, group.membersElsewhere.isEmpty {
                findings.append(Finding(.noMembers, place, by: namers.map(\.text)))
            }
        }
        for direction in Direction.allCases {
            checkOrder(group.rules.filter { $0.direction == direction }, place)
        }
        for rule in group.rules {
            if !carriers.isEmpty, let reason = irrelevance(rule, carriers, vpc) {
                findings.append(Finding(.irrelevant, place, rule: rule.text, by: [reason]))
            }
            if isOverWide(rule) {
                findings.append(Finding(.overWide, place, rule: rule.text, witness: witness(rule)))
            }
        }
    }

    /// Rules that the others of a group make superfluous: all of them admit, so that it is enough that one does.
    private mutating func checkOrder(_ rules: [Rule], _ place: String) {
        let superfluous = superfluous(rules.map { rule in { family, pool in RuleBox(rule, family, &pool) } })
        for (index, by) in superfluous.sorted(by: { $0.key < $1.key }) {
            findings.append(
                Finding(
                    by.allSatisfy { $0 < index } ? .shadowed : .redundant, place, rule: rules[index].text,
                    by: by.map { rules[$0].text }, witness: witness(rules[index])))
        }
        let kept = rules.indices.filter { superfluous[$0] == nil }.map { rules[$0] }
        for (former, rule) in consolidatable(kept) {
            findings.append(
                Finding(.consolidatable, place, rule: rule.text, by: [former.text], witness: witness(rule)))
        }
    }

    private typealias Boxing = (AddressFamily, inout SpacePool) -> RuleBox?

    /// The rules that those before, or else those behind which are needed themselves, cover, with the rules that do.
    private mutating func superfluous(_ rules: [Boxing]) -> [Int: [Int]] {
        var found: [Int: [Int]] = [:]
        let families = AddressFamily.allCases
        let boxes = rules.map { boxing in families.map { boxing($0, &pool) } }
        let before = families.map { RuleCover($0) }
        for index in rules.indices {
            if isCovered(boxes[index], before.map { [($0, index)] }) {
                let kept = (0..<index).filter { found[$0] == nil }
                found[index] = reasons(boxes[index], before.map { [($0, index)] }, kept, boxes)
                continue
            }
            for (family, box) in boxes[index].enumerated() {
                if let box { before[family].add(index, box, &pool) }
            }
        }
        // From the last, so that of two that need each other one stays.
        let behind = families.map { RuleCover($0) }
        for index in rules.indices.reversed() where found[index] == nil {
            let others = families.indices.map { [(before[$0], index), (behind[$0], Int.max)] }
            if isCovered(boxes[index], others) {
                let kept = rules.indices.filter { $0 != index && found[$0] == nil }
                found[index] = reasons(boxes[index], others, kept, boxes)
                continue
            }
            for (family, box) in boxes[index].enumerated() {
                if let box { behind[family].add(index, box, &pool) }
            }
        }
        return found
    }

    /// Whether a rule matches anything, and rules of some covers, each up to a number, leave nothing of it.
    private mutating func isCovered(_ boxes: [RuleBox?], _ covers: [[(RuleCover, Int)]]) -> Bool {
        guard boxes.contains(where: { $0 != nil }) else { return false }
        for (box, cover) in zip(boxes, covers) {
            if let box, RuleCover.left(of: box, by: cover.map { (cover: $0.0, limit: $0.1) }, &pool) != nil {
                return false
            }
        }
        return true
    }

    /// The rules that cover another: few where their ends hold all of its ends, else those that are needed.
    private mutating func reasons(
        _ boxes: [RuleBox?], _ covers: [[(RuleCover, Int)]], _ candidates: [Int], _ all: [[RuleBox?]]
    ) -> [Int] {
        var rules: Set<Int> = []
        for (box, covers) in zip(boxes, covers) {
            guard let box else { continue }
            let found = covers.compactMap { $0.0.holders(of: box, before: $0.1, &pool) }
            guard let fewest = found.min(by: { $0.count < $1.count }) else {
                return coverers(boxes, candidates, all)
            }
            rules.formUnion(fewest)
        }
        return rules.sorted()
    }

    /// Those of some rules that are needed to cover another: without any of them something would be left.
    private mutating func coverers(_ boxes: [RuleBox?], _ candidates: [Int], _ all: [[RuleBox?]]) -> [Int] {
        var needed = candidates.filter { index in
            zip(boxes, all[index]).contains { own, other in
                guard let own, let other else { return false }
                return other.touches(own)
                    && pool.combine(own.space, other.space, .intersection) != pool.empty(own.second.family)
            }
        }
        guard needed.count <= 64 else { return needed }
        for index in needed.reversed() {
            let fewer = needed.filter { $0 != index }
            if isCovered(boxes, covers(of: fewer, all)) { needed = fewer }
        }
        return needed
    }

    private mutating func covers(of rules: [Int], _ all: [[RuleBox?]]) -> [[(RuleCover, Int)]] {
        AddressFamily.allCases.enumerated().map { place, family in
            let cover = RuleCover(family)
            for rule in rules {
                if let box = all[rule][place] { cover.add(rule, box, &pool) }
            }
            return [(cover, Int.max)]
        }
    }

    /// Pairs of rules that differ in ports, or in the other end, so that one rule could say both exactly.
    private func consolidatable(_ rules: [Rule]) -> [(Rule, Rule)] {
        struct Likeness: Hashable {
            let family: AddressFamily?
            let local: IPPrefix?
            let remote: Remote?
            let service: Service?
            let transport: TransportProtocol?
        }
        var byPorts: [Likeness: [(range: PortRange, rule: Rule)]] = [:]
        var byBlock: [Likeness: [(block: IPPrefix, rule: Rule)]] = [:]
        for rule in rules {
            if case .transport(let transport, .some(let range)) = rule.service {
                let key = Likeness(
                    family: rule.family, local: rule.local, remote: rule.remote, service: nil, transport: transport)
                byPorts[key, default: []].append((range, rule))
            }
            if case .prefix(let block) = rule.remote {
                let key = Likeness(
                    family: rule.family, local: rule.local, remote: nil, service: rule.service, transport: nil)
                byBlock[key, default: []].append((block, rule))
            }
        }
        var pairs: [(Rule, Rule)] = []
        for group in byPorts.values {
            let sorted = group.sorted { $0.range.lower < $1.range.lower }
            for (former, next) in zip(sorted, sorted.dropFirst())
            where Int(former.range.upper) + 1 >= Int(next.range.lower) {
                pairs.append((former.rule, next.rule))
            }
        }
        for group in byBlock.values {
            let sorted = group.sorted { $0.block.base < $1.block.base }
            for (former, next) in zip(sorted, sorted.dropFirst()) {
                guard former.block.length == next.block.length, former.block.length > 0,
                    former.block.parent == next.block.parent
                else { continue }
                pairs.append((former.rule, next.rule))
            }
        }
        let order = Dictionary(rules.enumerated().map { ($1.id, $0) }) { first, _ in first }
        return pairs.sorted { (order[$0.1.id] ?? 0, order[$0.0.id] ?? 0) < (order[$1.1.id] ?? 0, order[$1.0.id] ?? 0) }
    }

    /// Why a rule can match nothing of what exists; nil where it can.
    private func irrelevance(_ rule: Rule, _ carriers: [Interface], _ vpc: VPC) -> String? {
        if rule.families.isEmpty { return "its parts are of different families" }
        let own = carriers.flatMap { $0.allAddresses.map { IPPrefix($0) } + $0.allPrefixes }
        let usable = own.filter { rule.families.contains($0.family) }
        // Of a subnet with DHCP an address is still to come.
        guard carriers.allSatisfy({ !$0.addresses.isEmpty || !$0.pairs.isEmpty }) else { return nil }
        if usable.isEmpty { return "no interface that carries the group has an address of its family" }
        if let local = rule.local, !usable.contains(where: local.overlaps) {
            return "no interface that carries the group has an address in \(local)"
        }
        guard case .group(let name) = rule.remote else { return nil }
        let members = vpc.instances.flatMap(\.interfaces).filter { $0.groups.contains(name) }
        let elsewhere = vpc.groups.first { $0.name == name }?.membersElsewhere ?? []
        if members.isEmpty, elsewhere.isEmpty { return "nobody is in group \(name)" }
        let addresses = members.flatMap { $0.allAddresses.map(\.family) + $0.allPrefixes.map(\.family) }
        let families = addresses + elsewhere.map(\.family)
        if members.contains(where: { $0.addresses.isEmpty }) { return nil }
        return families.contains(where: rule.families.contains)
            ? nil : "nobody in group \(name) has an address of its family"
    }

    private func isOverWide(_ rule: Rule) -> Bool {
        let isEverywhere =
            switch rule.remote {
            case .any: true
            case .prefix(let prefix): prefix.length == 0
            case .group: false
            }
        guard isEverywhere, rule.direction == .ingress else { return false }
        switch rule.service {
        case .any, .icmpTCPUDP: return true
        case .transport(let transport, let ports): return transport.hasPorts && (ports ?? .all) == .all
        case .icmp: return false
        }
    }

    private func witness(_ rule: Rule) -> FlowKey? {
        guard let family = rule.families.first else { return nil }
        var remote = IPPrefix.all(family).example
        if case .prefix(let prefix) = rule.remote { remote = prefix.example }
        let local = (rule.local ?? .all(family)).example
        let ends = rule.direction == .ingress ? (remote, local) : (local, remote)
        return PacketSpace(rule.service, family).boxes.first?.witness(ends.0, ends.1)
    }

    // MARK: Network ACLs

    private mutating func check(_ acl: NetworkACL, _ vpc: VPC) {
        let place = "\(vpc.name)/\(acl.name)"
        let subnets = vpc.subnets.filter { $0.acl == acl.name }
        if subnets.isEmpty { findings.append(Finding(.unattached, place)) }
        for direction in Direction.allCases {
            checkOrder(acl.rules.filter { $0.direction == direction }, place)
        }
        let prefixes = subnets.flatMap(\.prefixes)
        guard !prefixes.isEmpty else { return }
        for rule in acl.rules {
            // The end that lies in the subnet.
            let own = rule.direction == .ingress ? rule.target : rule.source
            guard let own else { continue }
            if !prefixes.contains(where: own.overlaps) {
                findings.append(
                    Finding(
                        .outOfRange, place, rule: rule.text, by: prefixes.map(\.description), witness: witness(rule)))
            } else if let split = prefixes.first(where: { $0.contains(own) && $0 != own }) {
                findings.append(
                    Finding(.subnetSplit, place, rule: rule.text, by: [split.description], witness: witness(rule)))
            }
        }
    }

    private mutating func checkOrder(_ rules: [ACLRule], _ place: String) {
        let families = AddressFamily.allCases
        let before = families.map { RuleCover($0) }
        let boxes = rules.map { rule in families.map { RuleBox(rule, $0, &pool) } }
        for (index, rule) in rules.enumerated() {
            let own = boxes[index]
            if own.contains(where: { $0 != nil }) {
                if isCovered(own, before.map { [($0, index)] }) {
                    let by = reasons(own, before.map { [($0, index)] }, Array(0..<index), boxes)
                    let others = by.filter { rules[$0].action != rule.action }
                    let kind: Finding.Kind =
                        others.isEmpty ? .redundant : others.count == by.count ? .contradictory : .shadowed
                    findings.append(
                        Finding(
                            kind, place, rule: rule.text, by: by.map { rules[$0].text }, witness: witness(rule)))
                } else {
                    addOverlap(index, rules, boxes, place)
                }
            } else {
                findings.append(
                    Finding(.irrelevant, place, rule: rule.text, by: ["its parts are of different families"]))
            }
            for family in families.indices {
                if let box = own[family] { before[family].add(index, box, &pool) }
            }
        }
    }

    /// Whether one rule matches nothing that another does not, as an exception that stands before its rule does.
    private mutating func isWithin(_ inner: RuleBox, _ outer: RuleBox) -> Bool {
        outer.outline.contains(inner.outline) && outer.second.contains(inner.second)
            && pool.combine(inner.space, outer.space, .difference) == pool.empty(inner.second.family)
    }

    /// Tells of the first rule before that decides a part of a rule's packets otherwise, where neither is an exception to the other.
    private mutating func addOverlap(_ index: Int, _ rules: [ACLRule], _ boxes: [[RuleBox?]], _ place: String) {
        for former in 0..<index where rules[former].action != rules[index].action {
            for (own, other) in zip(boxes[index], boxes[former]) {
                guard let own, let other, other.touches(own), !isWithin(own, other), !isWithin(other, own) else {
                    continue
                }
                let common = pool.combine(own.space, other.space, .intersection)
                guard common != pool.empty(own.second.family) else { continue }
                let first = own.outline.length > other.outline.length ? own.outline : other.outline
                let second = own.second.length > other.second.length ? own.second : other.second
                let witness = pool[common].boxes.first?.witness(first.example, second.example)
                findings.append(
                    Finding(
                        .overlap, place, rule: rules[index].text, by: [rules[former].text], witness: witness))
                return
            }
        }
    }

    private func witness(_ rule: ACLRule) -> FlowKey? {
        guard let family = rule.families.first else { return nil }
        return PacketSpace(rule.service, sourcePorts: rule.sourcePorts, family).boxes.first?.witness(
            (rule.source ?? .all(family)).example, (rule.target ?? .all(family)).example)
    }

    // MARK: Answers

    /// Whether it is DHCP that the guard lets out: the host answers it, whom no network ACL asks.
    private func isDHCP(_ space: SpaceBox) -> Bool {
        guard space.protocols == [.udp], let rectangle = space.rectangle else { return false }
        let ports = (rectangle.first, rectangle.second)
        return ports == (68...68, 67...67) || ports == (546...546, 547...547)
    }

    /// An interface, or what all blocks have in common: one example of them is enough.
    private static func kind(_ end: String) -> String {
        do {
            _ = try IPPrefix(parsing: end)
            return "a block"
        } catch {
            return end
        }
    }

    /// One finding for each pair of ends between which something is accepted whose answer is refused.
    private mutating func addRefusedAnswers() {
        let keepsNoSessions = policy.vpcs.contains { vpc in
            vpc.subnets.contains { vpc.acl(ofSubnet: $0.name) != nil } || vpc.groups.contains { !$0.isStateful }
        }
        guard keepsNoSessions else { return }
        var reach = Reach(policy)
        var told: Set<[String]> = []
        for box in reach.boxes()
        where box.answer == .drop && !isDHCP(box.space)
            && told.insert([Self.kind(box.from), Self.kind(box.to)]).inserted
        {
            findings.append(Finding(.answerRefused, box.from, by: [box.to], witness: box.witness))
        }
    }
}

extension IPPrefix {
    /// One of its addresses, not the first where that names the block.
    fileprivate var example: IPAddress { isSingleAddress ? base : base.next ?? base }

    /// The block of twice the size that it is half of.
    fileprivate var parent: IPPrefix { IPPrefix(containing: base, length: max(length - 1, 0)) }
}

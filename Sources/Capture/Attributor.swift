import Attribution
package import Model

/// Turns what the kernel wrote down (addresses, device numbers, indexes, instants) into interfaces, rules, revisions.
///
/// A value: the agent makes a new one with every change. Addresses of interfaces that have gone stay known while sessions
/// of theirs may still end.
package struct Attributor: Sendable {
    /// What is needed to know of an interface.
    package struct Port: Sendable {
        package let interface: Identifier<Interface>
        package let device: String
        package let egressRefusal: Identifier<Rule>
        package let ingressRefusal: Identifier<Rule>
        /// Whether it is a held device's: everything is refused, whatever rule refuses it.
        package let isHeld: Bool

        package func refusal(_ direction: Direction) -> Identifier<Rule> {
            direction == .egress ? egressRefusal : ingressRefusal
        }

        /// Where what no rule admits is refused.
        var refusingStage: Stage { isHeld ? .guard : .group }

        /// The guard's reason to refuse a packet of this port.
        func reason(_ rule: GuardRule) -> GuardRule { isHeld ? .held : rule }
    }

    package private(set) var ports: [Port] = []
    private var byAddress: [IPAddress: Int] = [:]
    /// Places by block, for each length of blocks, the longest first.
    private var byBlock: [(length: Int, places: [IPPrefix: Int])] = []
    private var byDevice: [String: Int] = [:]
    /// Place in `ports` plus one, by device number.
    private var byDeviceNumber: [UInt32: Int] = [:]
    /// Places of ports whose device is there.
    private var present: Set<Int> = []
    private var rules: [Direction: [Identifier<Rule>?]] = [.egress: [], .ingress: []]
    /// Rules of the enterprise policy, of every revision since this value was begun: an index stays theirs.
    private var enterprise: Set<Identifier<Rule>> = []
    /// Since when each revision is in force, rising.
    private var timeline: [(since: Int64, revision: Int)] = []
    package private(set) var revision = 0
    /// What is recorded of interfaces of which not everything is.
    private var collections: [Identifier<Interface>: TrafficCollection] = [:]

    package init() {}

    /// The attributor after a change.
    ///
    /// * `enterprise`: the revision's enterprise rules.
    /// * `collections`: what is recorded of interfaces of which not everything is.
    /// * `blocks`: blocks of addresses that interfaces have beside them.
    /// * `ports`: each interface with its addresses and the number of its device, 0 while that is not there.
    /// * `ruleAt`: the rule of an index, for indexes below `ruleCount`.
    /// * `instant`: when the kernel had the change, in nanoseconds since 1970.
    package func adopting(
        revision: Int, at instant: Int64,
        ports newPorts: [(port: Port, addresses: [IPAddress], deviceNumber: UInt32)],
        blocks: [Identifier<Interface>: [IPPrefix]] = [:],
        enterprise: [EnterpriseRule] = [], collections: [Identifier<Interface>: TrafficCollection] = [:],
        ruleCount: Int, ruleAt: (UInt16, Direction) -> Identifier<Rule>?
    ) -> Attributor {
        var next = self
        next.enterprise.formUnion(enterprise.map(\.id))
        // Interfaces keep their place, so that what is gone can still be named.
        var places = Dictionary(
            next.ports.enumerated().map { ($1.interface, $0) }, uniquingKeysWith: { first, _ in first })
        next.byDeviceNumber = [:]
        next.byDevice = [:]
        next.present = []
        for entry in newPorts {
            let place = places[entry.port.interface] ?? next.ports.count
            if place == next.ports.count { next.ports.append(entry.port) } else { next.ports[place] = entry.port }
            places[entry.port.interface] = place
            // Of what is gone sessions may still end.
            next.collections[entry.port.interface] = collections[entry.port.interface]
            for address in entry.addresses { next.byAddress[address] = place }
            next.byDevice[entry.port.device] = place
            if entry.deviceNumber != 0 {
                next.byDeviceNumber[entry.deviceNumber] = place
                next.present.insert(place)
            }
        }
        next.learn(blocks, among: places, single: Set(newPorts.flatMap(\.addresses)))
        for direction in Direction.allCases {
            next.rules[direction] = (0..<max(ruleCount, 1)).map { ruleAt(UInt16($0), direction) }
        }
        if next.timeline.last?.revision != revision { next.timeline.append((instant, revision)) }
        next.revision = revision
        return next
    }

    /// Blocks stay known as addresses do; a single address of old that lies in a new block is the block's.
    private mutating func learn(
        _ blocks: [Identifier<Interface>: [IPPrefix]], among places: [Identifier<Interface>: Int],
        single: Set<IPAddress>
    ) {
        guard !blocks.isEmpty else { return }
        var known = Dictionary(byBlock.flatMap(\.places)) { first, _ in first }
        for (interface, prefixes) in blocks {
            guard let place = places[interface] else { continue }
            for prefix in prefixes {
                known = known.filter { !$0.key.overlaps(prefix) || $0.value == place }
                known[prefix] = place
            }
        }
        byBlock = Dictionary(grouping: known, by: \.key.length).map { length, entries in
            (length, Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first })
        }.sorted { $0.length > $1.length }
        byAddress = byAddress.filter { single.contains($0.key) || place(inBlock: $0.key) == nil }
    }

    private func place(inBlock address: IPAddress) -> Int? {
        for (length, places) in byBlock where length <= address.family.addressBits {
            if let place = places[IPPrefix(containing: address, length: length)] { return place }
        }
        return nil
    }

    /// Whether a record of the interface is kept, and not only counted: refusals always are, and what an enterprise rule observed.
    func collects(_ record: FlowRecord) -> Bool {
        guard !collections.isEmpty, record.verdict == .accept, record.observed.isEmpty else { return true }
        // Behind a translation is who it really was.
        let key = record.otherSide ?? record.key
        return collects(record.interface, with: record.direction == .egress ? key.target : key.initiator)
    }

    /// Whether what an interface does with an address, and no rule refuses or observes, is recorded.
    func collects(_ interface: Identifier<Interface>, with other: IPAddress) -> Bool {
        collections[interface]?.collects(other) ?? true
    }

    /// Whether the port's device is there.
    package func isHere(_ port: Port) -> Bool { byDevice[port.device].map(present.contains) ?? false }

    package func port(address: IPAddress) -> Port? {
        (byAddress[address] ?? (byBlock.isEmpty ? nil : place(inBlock: address))).map { ports[$0] }
    }
    /// Whose the block is that begins with an address, which may be somebody's singly.
    package func port(ofBlockAt address: IPAddress) -> Port? { place(inBlock: address).map { ports[$0] } }
    package func port(device: String) -> Port? { byDevice[device].map { ports[$0] } }
    package func port(deviceNumber: UInt32) -> Port? { byDeviceNumber[deviceNumber].map { ports[$0] } }

    package func rule(_ index: UInt16, _ direction: Direction) -> Identifier<Rule>? {
        if index == MarkLayout.dhcpClientIndex { return GuardRule.dhcpClient.id }
        guard let list = rules[direction], Int(index) < list.count else { return nil }
        return list[Int(index)]
    }

    /// The stage of a rule that let a session through.
    func stage(of rule: Identifier<Rule>?) -> Stage {
        guard let rule else { return .group }
        if rule == GuardRule.dhcpClient.id { return .guard }
        return !enterprise.isEmpty && enterprise.contains(rule) ? .enterprise : .group
    }

    /// The revision in force at an instant; the oldest known for what is older.
    package func revision(at instant: Int64) -> Int {
        var low = 0
        var high = timeline.count
        while low < high {
            let middle = (low + high) / 2
            if timeline[middle].since <= instant { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? timeline[low - 1].revision : timeline.first?.revision ?? revision
    }

    /// The timeline, to be kept across restarts.
    package var history: [Int64: Int] {
        Dictionary(timeline.map { ($0.since, $0.revision) }, uniquingKeysWith: { _, last in last })
    }

    package mutating func restore(history: [Int64: Int]) {
        timeline = history.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        revision = timeline.last?.revision ?? 0
    }
}

extension Attributor.Port {
    /// The port of an interface with the rules that refuse by default: those of its first group, or its own.
    package init(_ interface: Interface, device: String, groups: [SecurityGroup]) {
        let first = interface.groups.first.flatMap { name in groups.first { $0.name == name } }
        self.interface = interface.id
        self.device = device
        self.egressRefusal = first?.defaultRefusal(.egress) ?? interface.bareRefusal(.egress)
        self.ingressRefusal = first?.defaultRefusal(.ingress) ?? interface.bareRefusal(.ingress)
        self.isHeld = false
    }

    /// The port of a held device.
    package init(held device: String) {
        self.interface = .held(device)
        self.device = device
        self.egressRefusal = GuardRule.held.id
        self.ingressRefusal = GuardRule.held.id
        self.isHeld = true
    }
}

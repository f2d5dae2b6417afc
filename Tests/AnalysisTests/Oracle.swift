import Model
import Policy

@testable import Analysis

/// What the classifier says of a packet, and whose addresses are, as plainly as possible.
struct Oracle {
    struct Fate: Hashable {
        let verdict: Verdict
        /// nil where the packet is refused.
        let answer: Verdict?
    }

    private let policy: Policy
    private let classifier: Classifier

    init(_ policy: Policy) {
        classifier = Classifier(
            Revision(
                number: 1, madeAt: Timestamp(nanoseconds: 0), actor: "", origin: "", policy: policy, ruleOrigins: [:]))
        self.policy = policy.holding()
    }

    func owner(_ address: IPAddress) -> (vpc: VPC, instance: Instance, interface: Interface)? {
        let all = policy.vpcs.flatMap { vpc in
            vpc.instances.flatMap { instance in instance.interfaces.map { (vpc, instance, $0) } }
        }
        if let found = all.first(where: { $0.2.allAddresses.contains(address) }) { return found }
        let blocks = all.flatMap { owner in owner.2.allPrefixes.map { (owner, $0) } }.filter { $0.1.contains(address) }
        return blocks.max { $0.1.length < $1.1.length }?.0
    }

    func fate(_ key: FlowKey) -> Fate {
        let packet = Packet(key, from: owner(key.initiator).map { .interface($0.interface.id) } ?? .outside)
        let verdict = classifier.verdict(packet)
        guard verdict == .accept else { return Fate(verdict: .drop, answer: nil) }
        return Fate(verdict: .accept, answer: classifier.refusalOfAnswer(packet) == nil ? .accept : .drop)
    }
}

/// Finds the boxes that hold a packet, by the meaning of names that the design page gives.
struct BoxReader<Word: Hashable & Sendable> {
    private struct Ends: Hashable {
        let from: String
        let to: String
    }

    let oracles: [Oracle]
    private var boxes: [Ends: [PacketBox<Word>]] = [:]
    private let senders: [(name: String, prefix: IPPrefix?)]
    private let targets: [(name: String, prefix: IPPrefix?)]

    init(_ boxes: [PacketBox<Word>], _ oracles: [Oracle]) {
        self.oracles = oracles
        self.boxes = Dictionary(grouping: boxes) { Ends(from: $0.from, to: $0.to) }
        senders = Set(boxes.map(\.from)).map { ($0, try? IPPrefix(parsing: $0)) }
        targets = Set(boxes.map(\.to)).map { ($0, try? IPPrefix(parsing: $0)) }
    }

    func holding(_ key: FlowKey) -> [PacketBox<Word>] {
        let to = names(targets, key.target)
        return names(senders, key.initiator).flatMap { from in
            to.flatMap { boxes[Ends(from: from, to: $0)] ?? [] }.filter { $0.space.contains(key) }
        }
    }

    private func names(_ names: [(name: String, prefix: IPPrefix?)], _ address: IPAddress) -> [String] {
        let owners = oracles.reversed().compactMap { $0.owner(address) }
        guard let owner = owners.first else {
            return names.filter { $0.prefix?.contains(address) ?? false }.map(\.name)
        }
        let label = "\(owner.instance.name)/\(owner.interface.name)"
        // A prefix is an interface's where it is its single address, or lies in a block of its.
        let isSingle = owners.contains { $0.interface.allAddresses.contains(address) }
        let blocks = owners.flatMap(\.interface.allPrefixes)
        return names.filter { name, prefix in
            if name == label || name == "\(owner.vpc.name)/\(label)" { return true }
            guard let prefix, prefix.contains(address) else { return false }
            return isSingle ? prefix.isSingleAddress : blocks.contains { $0.contains(prefix) }
        }.map(\.name)
    }
}

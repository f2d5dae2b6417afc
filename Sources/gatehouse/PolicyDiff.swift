import Model

/// What a policy would change, in the words of the policy file.
struct PolicyDiff: Equatable {
    private(set) var lines: [String] = []

    var isEmpty: Bool { lines.isEmpty }

    init(from old: Policy, to new: Policy) {
        compare("vpc", old.vpcs.map(\.name), new.vpcs.map(\.name))
        for vpc in new.vpcs {
            let before = old.vpcs.first { $0.name == vpc.name }
            compare(
                "subnet \(vpc.name)/", before?.subnets.map { "\($0.name) \($0.prefixes)" } ?? [],
                vpc.subnets.map { "\($0.name) \($0.prefixes)" })
            compare("group ", before?.groups.map(\.name) ?? [], vpc.groups.map(\.name))
            for group in vpc.groups {
                let rules = before?.groups.first { $0.name == group.name }?.rules.map(\.text) ?? []
                compare("group \(group.name): ", rules, group.rules.map(\.text))
            }
            for group in before?.groups ?? [] where !vpc.groups.contains(where: { $0.name == group.name }) {
                compare("group \(group.name): ", group.rules.map(\.text), [])
            }
        }
        let placements = (Self.byLabel(old), Self.byLabel(new))
        compare("interface ", placements.0.keys.sorted(), placements.1.keys.sorted())
        for (label, placement) in placements.1.sorted(by: { $0.key < $1.key }) {
            guard let before = placements.0[label] else { continue }
            compare("interface \(label): group ", before.groups, placement.groups)
            compare(
                "interface \(label): address ", before.addresses.map(\.description),
                placement.addresses.map(\.description))
            compare("interface \(label): device ", [before.device], [placement.device])
        }
        compare("collector ", old.collectors.map(Self.text), new.collectors.map(Self.text))
    }

    private static func byLabel(_ policy: Policy) -> [String: Placement] {
        Dictionary(policy.placements.map { ($0.label, $0) }) { first, _ in first }
    }

    private static func text(_ collector: Collector) -> String {
        "\(collector.name): \(collector.target) to \(collector.bucket)\(collector.isActive ? "" : " (suspended)")"
    }

    private mutating func compare(_ subject: String, _ before: [String], _ after: [String]) {
        let separator = subject.hasSuffix(" ") || subject.hasSuffix("/") ? "" : " "
        lines += before.filter { !after.contains($0) }.map { "- \(subject)\(separator)\($0)" }
        lines += after.filter { !before.contains($0) }.map { "+ \(subject)\(separator)\($0)" }
    }
}

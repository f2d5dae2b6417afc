import Model

/// Traffic of which no log is delivered, and collectors without traffic.
enum CollectionChecks {
    static func findings(_ ground: PostureGround) -> [PostureFinding] {
        let policy = ground.policy
        let resolution = CollectorResolution(policy.collectors)
        var found: [PostureFinding] = []
        var used: Set<Identifier<Collector>> = []
        for placement in policy.placements.sorted(by: { $0.label < $1.label }) {
            guard let collector = resolution.collector(of: placement) else {
                found.append(
                    PostureFinding(
                        .noCollector, .low, placement.label,
                        "no collector covers it: its flow logs are delivered nowhere",
                        mend: "add a collector of its VPC, vpc/\(placement.vpcName)"))
                continue
            }
            used.insert(collector.id)
            if !collector.isActive {
                found.append(
                    PostureFinding(
                        .noCollector, .medium, placement.label,
                        "its collector \(collector.name) is suspended: its flow logs are delivered nowhere",
                        mend: "set active: true, or remove the collector so that a coarser one covers it"))
            }
        }
        for collector in policy.collectors where !used.contains(collector.id) {
            found.append(
                PostureFinding(
                    .shadowedCollector, .low, collector.name,
                    "it covers no interface: finer collectors do, or there is none",
                    mend: "remove it, or name another target than \(collector.target)"))
        }
        for vpc in policy.vpcs {
            let off = TrafficPath.allCases.filter { path in vpc.collected.map { !$0.contains(path) } ?? false }
            guard !off.isEmpty else { continue }
            found.append(
                PostureFinding(
                    .notCollected, .low, "vpc/\(vpc.name)",
                    "no records are made of \(off.map(\.rawValue).joined(separator: ", "))",
                    mend: "set them to true in collect"))
        }
        return found
    }
}

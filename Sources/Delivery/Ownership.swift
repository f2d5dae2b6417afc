package import Model

/// Which collectors have a host's interfaces at one instant, on which terms.
package struct Ownership: Sendable {
    /// An active collector that has an interface, and where the interface is.
    package struct Owner: Hashable, Sendable {
        package let collector: Collector
        package let placement: Placement
    }

    /// What does not change within an object.
    package struct Terms: Hashable, Sendable {
        let collector: Identifier<Collector>
        let bucket: String
        let format: FlowLogFormat
        let interval: Int
        let project: String
        let vpc: Identifier<VPC>
        let subnet: Identifier<Subnet>
        let instance: Identifier<Instance>
        let region: String?
        /// The subnet's and the instance's.
        let zones: [String?]

        init(_ owner: Owner) {
            collector = owner.collector.id
            bucket = owner.collector.bucket
            format = owner.collector.format
            interval = owner.collector.interval
            project = owner.placement.project
            vpc = owner.placement.vpc
            subnet = owner.placement.subnet
            instance = owner.placement.instance
            region = owner.placement.region
            zones = [owner.placement.subnetZone, owner.placement.instanceZone]
        }
    }

    /// Interfaces that no active collector has are not in it.
    package let owners: [Identifier<Interface>: Owner]
    package let terms: [Identifier<Interface>: Terms]
    /// Where each collector delivers, suspended ones included.
    package let buckets: [Identifier<Collector>: String]

    /// What a policy says of these interfaces; nil is all of the policy's.
    package init(_ policy: Policy, interfaces: Set<Identifier<Interface>>? = nil) {
        let resolution = CollectorResolution(policy.collectors)
        var owners: [Identifier<Interface>: Owner] = [:]
        if !policy.collectors.isEmpty {
            for placement in policy.placements where interfaces?.contains(placement.interface) ?? true {
                guard let collector = resolution.collector(of: placement), collector.isActive else { continue }
                owners[placement.interface] = Owner(collector: collector, placement: placement)
            }
        }
        self.owners = owners
        terms = owners.mapValues(Terms.init)
        buckets = Dictionary(policy.collectors.map { ($0.id, $0.bucket) }) { first, _ in first }
    }

    /// Whether traffic of one of these interfaces goes elsewhere, or otherwise, from here to there.
    package func differs(from other: Ownership, for interfaces: some Sequence<Identifier<Interface>>) -> Bool {
        interfaces.contains { terms[$0] != other.terms[$0] }
    }
}

/// Which collector has an interface's records: the finest of those whose target covers it.
///
/// Finest first: interface, instance, subnet, VPC. A suspended collector still has its interfaces: it keeps them from
/// the coarser ones, so they are delivered nowhere. Of two collectors with one target the first has it.
package struct CollectorResolution: Sendable {
    private var byTarget: [Collector.Target: Collector] = [:]

    package init(_ collectors: [Collector]) {
        for collector in collectors where byTarget[collector.target] == nil { byTarget[collector.target] = collector }
    }

    /// The collector of an interface, suspended or not; nil where none covers it.
    package func collector(of placement: Placement) -> Collector? {
        let vpc = placement.vpcName
        let finestFirst: [Collector.Target] = [
            .interface(vpc: vpc, instance: placement.instanceName, interface: placement.interfaceName),
            .instance(vpc: vpc, instance: placement.instanceName),
            .subnet(vpc: vpc, subnet: placement.subnetName),
            .vpc(vpc),
        ]
        for target in finestFirst {
            if let collector = byTarget[target] { return collector }
        }
        return nil
    }

    /// The collector of each interface that has one, suspended ones included.
    package static func owners(in policy: Policy) -> [Identifier<Interface>: Collector] {
        let resolution = CollectorResolution(policy.collectors)
        var owners: [Identifier<Interface>: Collector] = [:]
        for placement in policy.placements { owners[placement.interface] = resolution.collector(of: placement) }
        return owners
    }
}

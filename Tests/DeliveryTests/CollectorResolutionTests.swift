import Delivery
import Model
import Testing

@Suite struct CollectorResolutionTests {
    private static let targets: [String: Collector.Target] = [
        "vpc": .vpc("shop"), "subnet": .subnet(vpc: "shop", subnet: "front"),
        "instance": .instance(vpc: "shop", instance: "web-1"),
        "interface": .interface(vpc: "shop", instance: "web-1", interface: "eth0"), "other": .vpc("other"),
    ]

    /// Names of the collectors there are, a `-` for suspended ones, and which has `web-1/eth0`, `web-1/eth1`, `db-1/eth0`.
    @Test(arguments: [
        ([], [nil, nil, nil]), (["vpc"], ["vpc", "vpc", "vpc"]), (["subnet"], ["subnet", nil, nil]),
        (["instance"], ["instance", "instance", nil]), (["interface"], ["interface", nil, nil]),
        (["vpc", "subnet"], ["subnet", "vpc", "vpc"]), (["subnet", "instance"], ["instance", "instance", nil]),
        (["vpc", "subnet", "instance", "interface"], ["interface", "instance", "vpc"]),
        (["interface", "instance", "subnet", "vpc"], ["interface", "instance", "vpc"]),
        (["vpc", "-instance"], ["-instance", "-instance", "vpc"]), (["other"], [nil, nil, nil]),
    ])
    func `the finest collector has the interface`(names: [String], expected: [String?]) {
        let collectors = names.compactMap { name in
            Self.targets[name.replacing("-", with: "")].map {
                Estate.collector($0, name, isActive: !name.hasPrefix("-"))
            }
        }
        let owners = CollectorResolution.owners(in: Estate.revision(collectors).policy)
        let interfaces = [("web-1", "eth0"), ("web-1", "eth1"), ("db-1", "eth0")]
        #expect(interfaces.map { owners[Estate.interface($0.0, $0.1)]?.name } == expected)
    }
}

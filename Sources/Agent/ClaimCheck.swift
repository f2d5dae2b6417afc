import Model
import Netlink

/// Interfaces of a policy that claim one device, or one address, of this host.
///
/// Rules ask for one of them by what both have: which of them is meant, nobody can say. Such a policy is not put in force.
struct ClaimCheck {
    /// Each conflict, as "a/eth0 and b/eth0 are both bound to device tap1".
    private(set) var conflicts: [String] = []

    init(_ policy: Policy, _ devices: DeviceTable) {
        var byDevice: [String: String] = [:]
        var byAddress: [IPAddress: String] = [:]
        var blocks: [(prefix: IPPrefix, label: String)] = []
        conflicts = Self.contested(policy)
        for vpc in policy.vpcs {
            for instance in vpc.instances {
                for interface in instance.interfaces {
                    let label = "\(vpc.name)/\(instance.name)/\(interface.name)"
                    // By whatever name each has it.
                    if let device = interface.device.map({ devices.device($0)?.name ?? $0 }),
                        let other = byDevice.updateValue(label, forKey: device)
                    {
                        conflicts.append("\(other) and \(label) are both bound to device \(device)")
                    }
                    for prefix in interface.prefixes {
                        for other in blocks where other.label != label && other.prefix.overlaps(prefix) {
                            conflicts.append("\(other.label) and \(label) both have addresses of \(prefix)")
                        }
                        blocks.append((prefix, label))
                    }
                    for address in interface.addresses {
                        guard let other = byAddress.updateValue(label, forKey: address), other != label else {
                            continue
                        }
                        conflicts.append("\(other) and \(label) both have address \(address)")
                    }
                }
            }
        }
    }

    /// A pair of one VPC names nothing that an interface of another has or may use: a claim would not say whose it is.
    private static func contested(_ policy: Policy) -> [String] {
        guard policy.vpcs.count > 1 else { return [] }
        var conflicts: [String] = []
        var owners: [IPAddress: Int] = [:]
        var blocks: [(prefix: IPPrefix, vpc: Int)] = []
        for (place, vpc) in policy.vpcs.enumerated() {
            for interface in vpc.instances.flatMap(\.interfaces) {
                for address in interface.addresses { owners[address] = place }
                blocks += (interface.prefixes + interface.pairs.map(\.prefix)).map { ($0, place) }
            }
        }
        for (place, vpc) in policy.vpcs.enumerated() {
            for pair in Set(vpc.instances.flatMap(\.interfaces).flatMap(\.pairs)).sorted(by: {
                $0.prefix.base < $1.prefix.base
            }) {
                let owner = pair.address.flatMap { owners[$0] }.flatMap { $0 == place ? nil : $0 }
                let other = blocks.first { $0.vpc != place && $0.prefix.overlaps(pair.prefix) }?.vpc
                guard let found = owner ?? other else { continue }
                conflicts.append("VPCs \(vpc.name) and \(policy.vpcs[found].name) both may use \(pair)")
            }
        }
        return conflicts
    }

    /// What status says of a revision that is in force from before this was asked.
    func problems(of revision: Revision) -> [String] {
        conflicts.map { "start: revision \(revision.number): \($0); the next revision must end that" }
    }
}

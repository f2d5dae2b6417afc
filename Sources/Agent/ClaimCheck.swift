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

    /// What status says of a revision that is in force from before this was asked.
    func problems(of revision: Revision) -> [String] {
        conflicts.map { "start: revision \(revision.number): \($0); the next revision must end that" }
    }
}

import Host
import Model

/// Which of a policy's interfaces have their device on this host, under which name and number.
struct DeviceBinding: Equatable {
    struct Device: Equatable {
        let name: String
        let number: UInt32
    }

    private(set) var devices: [Identifier<Interface>: Device] = [:]
    /// Devices that are not there, by the name that the policy gives.
    private(set) var missing: [String] = []

    init() {}

    /// Looks every interface's device up by name, then by altname.
    init(_ policy: Policy) {
        let present = NetworkDevices.numbers()
        for interface in policy.vpcs.flatMap(\.instances).flatMap(\.interfaces) {
            if let number = present[interface.device] {
                devices[interface.id] = Device(name: interface.device, number: number)
            } else if let found = NetworkDevices.find(altname: interface.device) {
                devices[interface.id] = Device(name: found.name, number: found.number)
            } else {
                missing.append(interface.device)
            }
        }
    }

    var names: [Identifier<Interface>: String] { devices.mapValues(\.name) }
}

import Host
package import Link
import Model

/// What `lxc.hook.start-host` does: a container's devices are judged before its init runs, or it does not run.
package struct LXCHook {
    private let attacher: Attacher
    private let tell: (String) -> Void

    package init(_ folder: DataFolder, tell: @escaping (String) -> Void) {
        attacher = Attacher(folder)
        self.tell = tell
    }

    package enum Fault: Error, Equatable, CustomStringConvertible {
        case noProcess
        case sharesHost(String)
        case notJudgeable(String, String, String)

        package var description: String {
            switch self {
            case .noProcess:
                "LXC_NAME and LXC_PID are missing: LXC calls this as lxc.hook.start-host, with lxc.hook.version = 1"
            case .sharesHost(let name): "container \(name) shares the host's network; give it lxc.net.0.type = veth"
            case .notJudgeable(let name, let interface, let what):
                "\(name)/\(interface) is \(what), whose traffic cannot be judged here; use lxc.net.0.type = veth"
            }
        }
    }

    /// * `environment`: what LXC says: `LXC_NAME`, `LXC_PID`, `LXC_CONFIG_FILE`.
    /// - Throws: where the container must not run.
    package func run(_ environment: [String: String]) throws {
        guard let name = environment["LXC_NAME"], let process = environment["LXC_PID"].flatMap({ Int32($0) }) else {
            throw Fault.noProcess
        }
        let guest = Self.guest(
            name, configuration: try environment["LXC_CONFIG_FILE"].flatMap { try DurableFile.read($0) } ?? [])
        let network = GuestNetwork(process: process)
        guard try !network.isOurs else {
            guard try !attacher.concerns(guest) else { throw Fault.sharesHost(name) }
            return
        }
        for device in try network.devices() {
            switch device.host {
            case .none(let what):
                guard try !attacher.concerns(guest, mac: device.mac) else {
                    throw Fault.notJudgeable(name, device.interface, what)
                }
            case .device(let end, _, _):
                let outcome = try attacher.attach(
                    guest, interface: device.interface, device: end, mac: device.mac, addresses: device.addresses)
                if outcome == .undescribed {
                    tell(
                        "\(name)/\(device.interface): neither its file nor the policy name it; device \(end) gets what `unknown:` of its bridge says"
                    )
                }
            }
        }
    }

    /// `lxc.environment = GATEHOUSE_GROUPS=web,allow_ssh`, and `GATEHOUSE_VPC`; the last one stands.
    static func guest(_ name: String, configuration: [UInt8]) -> Attacher.Guest {
        var guest = Attacher.Guest(instance: name)
        for line in String(decoding: configuration, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 2).map { $0.filter { !$0.isWhitespace && $0 != "\"" } }
            guard parts.count == 3, parts[0] == "lxc.environment" else { continue }
            switch parts[1] {
            case "GATEHOUSE_GROUPS": guest.groups = GroupList.read(parts[2])
            case "GATEHOUSE_VPC": guest.vpc = parts[2].isEmpty ? nil : parts[2]
            default: break
            }
        }
        return guest
    }
}

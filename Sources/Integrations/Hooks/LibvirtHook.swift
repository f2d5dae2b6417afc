import Foundation
import Host
package import Link
import Model

/// What libvirt's hook does: before a machine runs, its devices are judged, or it does not run.
package struct LibvirtHook {
    private let attacher: Attacher
    private let root: String
    private let tell: (String) -> Void

    /// * `root`: where `/` is; another folder in tests.
    package init(_ folder: DataFolder, root: String = "", tell: @escaping (String) -> Void) {
        attacher = Attacher(folder)
        self.root = root
        self.tell = tell
    }

    /// Does what libvirt says of a machine: `start begin`, `reconnect begin` and `release end` are ours, all else is not.
    ///
    /// - Throws: where the machine must not run.
    package func run(_ operation: String, _ phase: String, xml: [UInt8]) throws {
        switch (operation, phase) {
        case ("start", "begin"), ("reconnect", "begin"):
            try attach(try LibvirtDomain(xml), isReconnect: operation == "reconnect")
        case ("release", "end"): release(try LibvirtDomain(xml))
        default: return
        }
    }

    private func attach(_ domain: LibvirtDomain, isReconnect: Bool) throws {
        for (place, device) in domain.devices.enumerated() {
            let interface = "eth\(place)"
            guard let target = device.target, !["direct", "hostdev", "user", "vhostuser", "vdpa"].contains(device.type)
            else {
                // What the host never sees cannot be judged here.
                guard try !attacher.concerns(domain.guest, mac: device.mac) else {
                    throw LibvirtFault.notJudgeable(domain.name, interface, device.type)
                }
                continue
            }
            let outcome = try attacher.attach(
                domain.guest, interface: interface, device: target, mac: device.mac,
                addresses: try addresses(place, device, domain))
            switch outcome {
            case .inForce: break
            case .inForceByPolicy(let groups):
                tell(
                    "\(domain.name)/\(interface): the policy's groups \(groups.joined(separator: ", ")) are in force; its metadata's are not used"
                )
            case .undescribed:
                tell(
                    "\(domain.name)/\(interface): neither its metadata nor the policy name it; device \(target) gets what `unknown:` of its bridge says"
                )
            }
        }
    }

    /// What its metadata say; else what its libvirt network reserves for its MAC; else nothing, as where the policy knows them.
    private func addresses(_ place: Int, _ device: LibvirtDomain.Device, _ domain: LibvirtDomain) throws -> [IPAddress]
    {
        if let texts = domain.instance?.addresses[place] {
            return try texts.map { text in
                guard let address = IPAddress(text) else { throw LibvirtFault.badAddress(domain.name, text) }
                return address
            }
        }
        guard domain.instance?.groups != nil, let network = device.network, let mac = device.mac,
            !network.contains("/"), !network.hasPrefix(".")
        else { return [] }
        // dnsmasq's file of fixed leases: `02:00:00:00:00:01,192.168.122.5,name`. A hook must not ask libvirt.
        let path = "\(root)/var/lib/libvirt/dnsmasq/\(network).hostsfile"
        let text = String(decoding: try DurableFile.read(path) ?? [], as: UTF8.self)
        return text.split(separator: "\n").flatMap { line -> [IPAddress] in
            let parts = line.split(separator: ",")
            guard parts.contains(where: { MACAddress($0) == mac }) else { return [] }
            return parts.compactMap { IPAddress(String($0.filter { !"[]".contains($0) })) }
        }
    }

    /// The devices are on their way out; an agent that is away lets go of them when it finds them gone.
    private func release(_ domain: LibvirtDomain) {
        for target in domain.devices.compactMap(\.target) { try? attacher.detach(device: target) }
    }
}

enum LibvirtFault: Error, CustomStringConvertible {
    case notJudgeable(String, String, String)
    case badAddress(String, String)

    var description: String {
        switch self {
        case .notJudgeable(let name, let interface, let type):
            "\(name)/\(interface) is of type '\(type)', whose traffic cannot be judged on this host: use type 'network', 'bridge' or "
                + "'ethernet', or take <gatehouse:instance> out of its metadata"
        case .badAddress(let name, let text):
            "\(name): <gatehouse:instance addresses>: \"\(text.prefix(80))\" is no address; write one as 10.1.1.10 or fd00:1::10"
        }
    }
}

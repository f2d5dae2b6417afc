import Foundation
import GRDB
import Model

/// Which port a host means that binds one.
package struct PortChoice: Sendable {
    /// The port's id or name, or its instance's name.
    package let instance: String?
    package let interface: String
    /// The network's name or id.
    package let vpc: String?
    package let mac: String?

    package init(instance: String?, interface: String, vpc: String?, mac: String?) {
        self.instance = instance
        self.interface = interface
        self.vpc = vpc
        self.mac = mac
    }

    var words: String {
        [instance.map { "\($0)/\(interface)" }, mac.map { "MAC \($0)" }].compactMap(\.self).joined(separator: ", ")
    }
}

/// What hosts do to ports by their own right, as the service role may: they bind those that nobody has bound to devices of theirs,
/// and let them go.
extension Change {
    /// Binds a port to a device of a host, or lets go of it.
    ///
    /// - Throws: `RegistryError` where none or several are meant, or where the port is another host's.
    package func bind(_ choice: PortChoice, to device: String?, onHost host: String) throws -> StoredInterface {
        let former = try port(choice, ofHost: host, isBound: device == nil)
        var port = former
        if let device {
            guard InterfaceDefaults.isDeviceName(device) else {
                throw RegistryError(.invalid(.body), "device: \"\(device.prefix(80))\" is no name of a Linux device")
            }
            port.host = host
            port.device = device
        } else {
            port.host = ""
            port.device = InterfaceDefaults.device(port.id)
        }
        port.profile = try Self.profile(former.profile, device: device)
        return try updateInterface(port, from: former)
    }

    /// The port's profile with another device in it; what else its owner notes there stays.
    private static func profile(_ text: String, device: String?) throws -> String {
        var members = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
        members["device"] = device
        let data = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private func port(_ choice: PortChoice, ofHost host: String, isBound: Bool) throws -> StoredInterface {
        let found = try candidates(choice)
        let usable = found.filter { $0.host == host || !isBound && $0.host.isEmpty }
        guard usable.count < 2 else {
            throw RegistryError(
                .invalid(.body),
                "\(usable.count) ports could be \(choice.words): \(usable.prefix(5).map(\.id).joined(separator: ", ")); "
                    + "name one of these ids as the instance, or give --vpc or --mac")
        }
        guard let port = usable.first else { throw refusal(choice, found, isBound: isBound) }
        if let mac = choice.mac, !port.mac.isEmpty, port.mac != mac {
            throw RegistryError(
                .invalid(.body), "port \(port.id) has MAC \(port.mac), and not \(mac); leave it out, or change the port"
            )
        }
        return port
    }

    private func refusal(_ choice: PortChoice, _ found: [StoredInterface], isBound: Bool) -> RegistryError {
        if let other = found.first, !isBound {
            return RegistryError(
                .claimedOnHost,
                "Port \(other.id) is bound to another host; unbind it there (openstack port set --host \"\" ID).")
        }
        return RegistryError(
            .notFound(.interface),
            isBound
                ? "no port that is \(choice.words) is bound to this host"
                : "no port is \(choice.words): make one, or name one by id, name, instance or MAC")
    }

    /// By id, by name, by the instance's name, or else by MAC.
    private func candidates(_ choice: PortChoice) throws -> [StoredInterface] {
        let all = StoredInterface.all()
        var found: [StoredInterface] = []
        if let name = choice.instance {
            if let port = try StoredInterface.stored(name.lowercased(), in: database) { return [port] }
            found = try all.filter(Column("name") == "\(name)/\(choice.interface)" || Column("name") == name)
                .fetchAll(database)
            if found.isEmpty {
                let devices = try String.fetchAll(
                    database, sql: "SELECT deviceID FROM instance WHERE name = ? AND deviceID <> ''", arguments: [name])
                let own = try all.filter((devices + [name]).contains(Column("deviceID"))).fetchAll(database)
                let named = own.filter { $0.name == choice.interface }
                found = named.isEmpty ? own : named
            }
        } else if let mac = choice.mac {
            found = try all.filter(Column("mac") == mac).fetchAll(database)
        }
        guard let vpc = choice.vpc else { return found }
        return try found.filter { port in
            try port.vpcID == vpc || StoredVPC.stored(port.vpcID, in: database)?.name == vpc
        }
    }
}

import Host
package import Model

/// Routes, proxying and switches that let guests keep an ordinary mask and gateway.
///
/// Every interface hangs on a device of its own, routed by its host: a route to each of its addresses, and the host
/// answers ARP and neighbour solicitations for the subnet's gateway and for the peers. The gateway addresses (the first of
/// each subnet) sit on `lo`. Routes carry the protocol number 117, so that only Gatehouse's own are taken back.
package struct Plumbing {
    /// Route protocol number of Gatehouse's routes.
    package static let routeProtocol: UInt8 = 117

    package init() {}

    /// An interface with its device and the subnet around it.
    package struct Port: Hashable, Sendable {
        package let device: String
        package let addresses: [IPAddress]
        /// Blocks behind the guest, which are reached by way of its first address of their family.
        package let prefixes: [IPPrefix]
        /// The guest's; nil where it may have any.
        package let mac: MACAddress?
        /// Of addresses that answer with another.
        package let otherMACs: [IPAddress: MACAddress]
        package let subnet: [IPPrefix]

        package init(
            device: String, addresses: [IPAddress], prefixes: [IPPrefix] = [], mac: MACAddress? = nil,
            otherMACs: [IPAddress: MACAddress] = [:], subnet: [IPPrefix]
        ) {
            self.device = device
            self.addresses = addresses
            self.prefixes = prefixes
            self.mac = mac
            self.otherMACs = otherMACs
            self.subnet = subnet
        }

        func mac(of address: IPAddress) -> MACAddress? { otherMACs[address] ?? mac }

        /// Whether a route to exactly this leads to it.
        package func has(_ prefix: IPPrefix) -> Bool {
            prefixes.contains(prefix) || addresses.contains { IPPrefix($0) == prefix }
        }

        func hasAny(of family: AddressFamily) -> Bool { addresses.contains { $0.family == family } }
    }

    /// Sets the ports' routes and proxying up, and takes back what belongs to devices and subnets that are gone.
    ///
    /// - Parameters:
    ///   - ports: every interface that is bound.
    ///   - obsoleteDevices: devices that were bound before and are not now.
    ///   - obsoleteSubnets: prefixes whose gateway address is no longer wanted.
    /// - Returns: what could not be done, in words; the rules do not depend on it.
    package func connect(
        _ ports: [Port], obsoleteDevices: [String] = [], obsoleteSubnets: [IPPrefix] = []
    ) -> [String] {
        var problems: [String] = []
        var commands: [AddressFamily: [String]] = [.ipv4: [], .ipv6: []]
        // Before the new routes: the old name may have become another name of a device that stays.
        for device in obsoleteDevices {
            for family in AddressFamily.allCases {
                commands[family]?.append("route flush dev \(device) proto \(Self.routeProtocol)")
            }
        }
        // Addresses that moved to another device, or went with their interface.
        let wanted = Set(
            ports.flatMap { port in
                (port.addresses.map { IPPrefix($0) } + port.prefixes).map { "\($0) dev \(port.device)" }
            })
        let known = Set(
            ports.flatMap { port in
                port.addresses.filter { port.mac(of: $0) != nil }.map { "\($0) dev \(port.device)" }
            })
        for family in AddressFamily.allCases {
            do {
                commands[family]? += try Self.routes(family).subtracting(wanted).sorted().map {
                    "route del \($0) proto \(Self.routeProtocol)"
                }
                commands[family]? += try Self.neighbours(family).subtracting(known).sorted().map { "neigh del \($0)" }
            } catch {
                problems.append(error.description)
            }
        }
        let gateways = Set(ports.flatMap(\.subnet).compactMap(\.gateway))
        // In one piece, before anything of it is changed.
        FormerState.shared.note(
            addresses: Array(gateways), devices: ports.map(\.device), switchesOf: { Self.switches($0).map(\.path) })
        for gateway in gateways.sorted() {
            commands[gateway.family]?.append(
                "addr replace \(IPPrefix(gateway)) dev lo" + (gateway.family == .ipv6 ? " nodad" : ""))
        }
        for port in ports {
            for (path, value) in Self.switches(port.device) {
                do { try Self.set(path, value) } catch { problems.append(error.description) }
            }
            commands[.ipv4]?.append("link set dev \(port.device) up")
            for address in port.addresses {
                commands[address.family]?.append(
                    "route replace \(IPPrefix(address)) dev \(port.device) proto \(Self.routeProtocol)")
                guard let mac = port.mac(of: address) else { continue }
                commands[address.family]?.append(
                    "neigh replace \(address) lladdr \(mac) dev \(port.device) nud permanent protocol "
                        + "\(Self.routeProtocol)")
            }
            for prefix in port.prefixes {
                let way = port.addresses.first { $0.family == prefix.family }.map { "via \($0) " } ?? ""
                commands[prefix.family]?.append(
                    "route replace \(prefix) \(way)dev \(port.device)\(way.isEmpty ? "" : " onlink") proto "
                        + "\(Self.routeProtocol)")
            }
            for gateway in port.subnet.compactMap(\.gateway) where gateway.family == .ipv6 {
                commands[.ipv6]?.append("neigh replace proxy \(gateway) dev \(port.device)")
            }
        }
        commands[.ipv6]? += Self.peerProxies(ports)
        for gateway in Set(obsoleteSubnets.compactMap(\.gateway)).subtracting(gateways) {
            commands[gateway.family]?.append("addr del \(IPPrefix(gateway)) dev lo")
        }
        return problems + AddressFamily.allCases.flatMap { Self.batch(commands[$0] ?? [], $0) }
    }

    /// Deletes other routes of the main table to interfaces' addresses: those that another program would have preferred to ours.
    ///
    /// - Returns: what could not be done, in words.
    package func deleteOthers(to targets: [(address: IPAddress, device: String)]) -> [String] {
        var commands: [AddressFamily: [String]] = [:]
        do throws(SystemError) {
            for (address, device) in targets {
                let version = address.family == .ipv4 ? "-4" : "-6"
                let output = try ChildProcess.run(
                    "ip", [version, "-o", "route", "show", "exact", "\(IPPrefix(address))"])
                for line in output.output.split(separator: "\n") {
                    let words = line.split(separator: " ")
                    let isOurs = words.contains("\(Self.routeProtocol)") && words.contains(Substring(device))
                    if !isOurs { commands[address.family, default: []].append("route del \(line)") }
                }
            }
        } catch {
            return [error.description]
        }
        return AddressFamily.allCases.flatMap { Self.batch(commands[$0] ?? [], $0) }
    }

    /// Gatehouse's routes of a family as they stand: `10.1.0.10/32 dev tap0`.
    private static func routes(_ family: AddressFamily) throws(SystemError) -> Set<String> {
        Set(try ours("route", [], family).map { "\($0.prefix) dev \($0.device)" })
    }

    /// Gatehouse's neighbours of a family as they stand: `10.1.0.10 dev tap0`.
    private static func neighbours(_ family: AddressFamily) throws(SystemError) -> Set<String> {
        Set(try ours("neigh", ["nud", "permanent"], family).map { "\($0.prefix.base) dev \($0.device)" })
    }

    /// What `ip` lists under our protocol number, each with its address and device.
    private static func ours(
        _ kind: String, _ filter: [String], _ family: AddressFamily
    ) throws(SystemError) -> [(prefix: IPPrefix, device: Substring)] {
        let output = try ChildProcess.run(
            "ip", ["-\(family == .ipv4 ? 4 : 6)", "-o", kind, "show"] + filter + ["proto", "\(routeProtocol)"])
        return output.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "dev"), place + 1 < words.count, let first = words.first,
                let prefix = try? IPPrefix(parsing: first)
            else { return nil }
            return (prefix, words[place + 1])
        }
    }

    private static func switches(_ device: String) -> [(path: String, value: String)] {
        [
            ("ipv4/conf/\(device)/proxy_arp", "1"), ("ipv6/conf/\(device)/proxy_ndp", "1"),
            // Who asks by ARP in another's name becomes no neighbour of the host: its address is not routed here.
            ("ipv4/conf/\(device)/rp_filter", "1"),
            // No guest gives the host an address or a default route.
            ("ipv6/conf/\(device)/accept_ra", "0"),
            // Without these the first packet of a guest would meet half a second of silence.
            ("ipv4/neigh/\(device)/proxy_delay", "0"), ("ipv6/neigh/\(device)/proxy_delay", "0"),
        ]
    }

    /// IPv6 has no proxying for whole subnets: each device answers for each peer on its subnet by name.
    private static func peerProxies(_ ports: [Port]) -> [String] {
        let bySubnet = Dictionary(grouping: ports) { $0.subnet.filter { $0.family == .ipv6 } }
        return bySubnet.filter { !$0.key.isEmpty && $0.value.count <= 256 }.values.flatMap { members in
            members.flatMap { port in
                members.filter { $0.device != port.device }.flatMap(\.addresses).filter { $0.family == .ipv6 }.map {
                    "neigh replace proxy \($0) dev \(port.device)"
                }
            }
        }
    }

    /// Runs many commands of `ip` in one process; each is tried whatever became of the others.
    private static func batch(_ commands: [String], _ family: AddressFamily) -> [String] {
        guard !commands.isEmpty else { return [] }
        let script = commands.joined(separator: "\n") + "\n"
        do {
            let output = try ChildProcess.run(
                "ip", ["-\(family == .ipv4 ? 4 : 6)", "-force", "-batch", "-"], input: Array(script.utf8))
            return output.errors.split(separator: "\n").map(String.init).filter {
                // What is there already, or gone already, is as it should be.
                !$0.hasPrefix("Command failed") && !$0.contains("File exists") && !$0.contains("No such process")
            }
        } catch {
            return [error.description]
        }
    }

    static func set(_ path: String, _ value: String) throws(SystemError) {
        FormerState.shared.note(switches: [path])
        try DurableFile.overwrite("/proc/sys/net/\(path)", with: Array(value.utf8))
    }
}

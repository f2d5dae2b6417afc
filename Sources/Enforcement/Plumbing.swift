package import Host
package import Model

/// Routes, proxying and switches that let guests keep an ordinary mask and gateway.
///
/// Every interface hangs on a device of its own, routed by its host: a route to each of its addresses, and the host
/// answers ARP and neighbour solicitations for the subnet's gateway and for the peers. The gateway addresses (the first of
/// each subnet) sit on a dummy device `gatehouse0`. What is set up here carries the route protocol 117, so that only
/// Gatehouse's own is taken back.
package struct Plumbing {
    /// Route protocol number of Gatehouse's routes.
    private static let routeProtocol = 117
    private static let dummy = "gatehouse0"

    package init() {}

    /// An interface with its device and the subnet around it.
    package struct Port: Sendable {
        package let device: String
        package let addresses: [IPAddress]
        package let subnet: [IPPrefix]

        package init(device: String, addresses: [IPAddress], subnet: [IPPrefix]) {
            self.device = device
            self.addresses = addresses
            self.subnet = subnet
        }
    }

    /// Switches of the kernel that counting and routing need, for the present network namespace.
    package func prepareHost() throws(SystemError) {
        for (path, value) in [
            ("netfilter/nf_conntrack_acct", "1"), ("netfilter/nf_conntrack_timestamp", "1"),
            // Every entry tells its end, also those made while nobody listened.
            ("netfilter/nf_conntrack_events", "1"),
            ("ipv4/ip_forward", "1"), ("ipv6/conf/all/forwarding", "1"), ("ipv6/conf/default/forwarding", "1"),
        ] {
            try Self.set(path, value)
        }
    }

    /// Sets the ports' routes and proxying up, and takes back what belongs to ports that are gone.
    ///
    /// - Returns: what could not be done, in words; the rules do not depend on it.
    package func connect(_ ports: [Port], obsoleteDevices: [String] = []) -> [String] {
        var problems: [String] = []
        var commands: [String] = []
        var gateways: Set<IPAddress> = []
        for port in ports {
            let device = port.device
            for path in ["ipv4/conf/\(device)/proxy_arp", "ipv6/conf/\(device)/proxy_ndp"] {
                do { try Self.set(path, "1") } catch { problems.append(error.description) }
            }
            // Without a wait the first packet of a guest would meet half a second of silence.
            do { try Self.set("ipv4/neigh/\(device)/proxy_delay", "0") } catch { problems.append(error.description) }
            if DurableFile.exists("/proc/sys/net/ipv6/neigh/\(device)/proxy_delay") {
                do { try Self.set("ipv6/neigh/\(device)/proxy_delay", "0") } catch {
                    problems.append(error.description)
                }
            }
            commands.append("link set dev \(device) up")
            for address in port.addresses {
                let family = address.family == .ipv4 ? "-4" : "-6"
                commands.append(
                    "\(family) route replace \(IPPrefix(address)) dev \(device) proto \(Self.routeProtocol)")
            }
            for prefix in port.subnet {
                guard let gateway = Self.gateway(prefix) else { continue }
                gateways.insert(gateway)
                if gateway.family == .ipv6 { commands.append("-6 neigh replace proxy \(gateway) dev \(device)") }
            }
        }
        commands = Self.gatewayCommands(gateways) + commands + Self.peerProxies(ports)
        for device in obsoleteDevices {
            commands.append("-4 route flush dev \(device) proto \(Self.routeProtocol)")
            commands.append("-6 route flush dev \(device) proto \(Self.routeProtocol)")
        }
        return problems + Self.batch(commands)
    }

    /// Takes back everything that Gatehouse set up, apart from the kernel's switches.
    package func disconnect() {
        _ = Self.batch([
            "-4 route flush proto \(Self.routeProtocol)", "-6 route flush proto \(Self.routeProtocol)",
            "link del \(Self.dummy)",
        ])
    }

    /// The first address of a subnet that can be a host's, which guests expect their gateway to have.
    package static func gateway(_ prefix: IPPrefix) -> IPAddress? {
        guard prefix.length < prefix.family.addressBits - 1 else { return nil }
        switch prefix.family {
        case .ipv4: return IPAddress(ipv4: UInt32(truncatingIfNeeded: prefix.base.low) + 1)
        case .ipv6: return IPAddress(ipv6High: prefix.base.high, low: prefix.base.low + 1)
        }
    }

    private static func gatewayCommands(_ gateways: Set<IPAddress>) -> [String] {
        guard !gateways.isEmpty else { return [] }
        return ["link add \(dummy) type dummy", "link set dev \(dummy) up"]
            + gateways.sorted().map {
                "\($0.family == .ipv4 ? "-4" : "-6") addr replace \(IPPrefix($0)) dev \(dummy)"
                    + ($0.family == .ipv6 ? " nodad" : "")
            }
    }

    /// IPv6 has no proxying for whole subnets: each device answers for each peer on its subnet by name.
    private static func peerProxies(_ ports: [Port]) -> [String] {
        let bySubnet = Dictionary(grouping: ports) { $0.subnet.filter { $0.family == .ipv6 } }
        return bySubnet.filter { !$0.key.isEmpty && $0.value.count <= 256 }.values.flatMap { members in
            members.flatMap { port in
                members.filter { $0.device != port.device }.flatMap(\.addresses).filter { $0.family == .ipv6 }.map {
                    "-6 neigh replace proxy \($0) dev \(port.device)"
                }
            }
        }
    }

    /// Runs many commands of `ip` in one process; each is tried whatever became of the others.
    private static func batch(_ commands: [String]) -> [String] {
        guard !commands.isEmpty else { return [] }
        let script = commands.joined(separator: "\n") + "\n"
        do {
            let output = try ChildProcess.run("ip", ["-force", "-batch", "-"], input: Array(script.utf8))
            return output.errors.split(separator: "\n").map(String.init).filter {
                !$0.hasPrefix("Command failed") && !$0.contains("File exists")
            }
        } catch {
            return [error.description]
        }
    }

    private static func set(_ path: String, _ value: String) throws(SystemError) {
        try DurableFile.overwrite("/proc/sys/net/\(path)", with: Array(value.utf8))
    }
}

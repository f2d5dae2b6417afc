package import Host
import Model

/// Switches of the kernel: those that counting needs, and forwarding in the families that interfaces need.
extension Plumbing {
    /// What a switch must say, below /proc/sys/net.
    package struct Switch: Hashable, Sendable {
        package let path: String
        package let value: String

        package init(path: String, value: String) {
            self.path = path
            self.value = value
        }
    }

    /// Counting: what records and books stand on.
    package static let counting: [Switch] = [
        Switch(path: "netfilter/nf_conntrack_acct", value: "1"),
        Switch(path: "netfilter/nf_conntrack_timestamp", value: "1"),
        // Every entry tells its end, also those made while nobody listened.
        Switch(path: "netfilter/nf_conntrack_events", value: "1"),
        // Segments outside the window are counted, not only passed.
        Switch(path: "netfilter/nf_conntrack_tcp_be_liberal", value: "1"),
        // Sums are the ends' to check. Of UDP-Lite conntrack computes another than the ends do (`udplite_error` takes UDP's
        // number into it), and would take each datagram for damaged.
        Switch(path: "netfilter/nf_conntrack_checksum", value: "0"),
    ]

    /// Sets counting, and forwarding of both families, in the present network namespace.
    package func prepareHost() throws(SystemError) {
        try Self.set(Self.counting + AddressFamily.allCases.flatMap(Self.forwarding))
    }

    /// Forwarding, in the families of addresses that interfaces on this host have.
    package static func forwarding(_ ports: [Port]) -> [Switch] {
        let families = Set(ports.flatMap(\.addresses).map(\.family))
        return AddressFamily.allCases.filter(families.contains).flatMap(forwarding)
    }

    private static func forwarding(_ family: AddressFamily) -> [Switch] {
        switch family {
        case .ipv4: [Switch(path: "ipv4/ip_forward", value: "1")]
        case .ipv6:
            ["all", "default"].map { Switch(path: "ipv6/conf/\($0)/forwarding", value: "1") }
        }
    }

    /// Whether `rp_filter` of all devices weakens that of each: the kernel takes the greater of the two.
    package static var takesAnyARPSender: Bool { isSet(Switch(path: "ipv4/conf/all/rp_filter", value: "2")) }

    /// The switches that say something else, or cannot be read.
    package static func wrong(_ switches: [Switch]) -> [Switch] { switches.filter { !isSet($0) } }

    /// Sets switches.
    package static func set(_ switches: [Switch]) throws(SystemError) {
        // All of them first: the kernel sets some along with others.
        FormerState.shared.note(switches: switches.map(\.path))
        for item in switches { try set(item.path, item.value) }
    }

    private static func isSet(_ item: Switch) -> Bool {
        do {
            return String(decoding: try DurableFile.read("/proc/sys/net/\(item.path)") ?? [], as: UTF8.self)
                .prefix { $0 != "\n" } == item.value
        } catch {
            return false
        }
    }

    /// Before IPv6 is forwarded: a host that has its default route from router advertisements would lose it, because a
    /// router does not listen to them. `accept_ra` of 2 has its uplinks listen all the same.
    ///
    /// * `ports`: devices of guests, whose advertisements nobody listens to.
    /// - Returns: the devices that it was set for.
    package static func keepAdvertisedRoutes(except ports: Set<String>) throws(SystemError) -> [String] {
        let folder = "/proc/sys/net/ipv6/conf"
        var changed: [String] = []
        for device in try DurableFile.list(folder) where !["all", "default", "lo"].contains(device) {
            guard !ports.contains(device), isSet(Switch(path: "ipv6/conf/\(device)/accept_ra", value: "1")) else {
                continue
            }
            try set("ipv6/conf/\(device)/accept_ra", "2")
            changed.append(device)
        }
        return changed
    }
}

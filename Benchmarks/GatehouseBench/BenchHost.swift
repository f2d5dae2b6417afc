import Attribution
import Enforcement
import Host
import Model
import Netlink
import Rehearsal

/// Two guests on a host, in namespaces of their own; the second one only receives.
final class BenchHost {
    static let host = "ghbench"
    static let sender = "ghbench-a"
    static let receiver = "ghbench-b"
    let portMAC: MACAddress

    init() throws {
        Self.remove()
        func run(_ words: String...) throws {
            let output = try ChildProcess.run(words[0], Array(words.dropFirst()))
            guard output.exit == .code(0) else {
                throw BenchFailure("\(words.joined(separator: " ")): \(output.errors)")
            }
        }
        try run("ip", "netns", "add", Self.host)
        for (index, space) in [Self.sender, Self.receiver].enumerated() {
            try run("ip", "netns", "add", space)
            try run(
                "ip", "-n", Self.host, "link", "add", "gh-p\(index)", "type", "veth", "peer", "name", "eth0", "netns",
                space)
            try run("ip", "-n", Self.host, "link", "set", "gh-p\(index)", "up")
            try run("ip", "-n", space, "link", "set", "eth0", "up")
            let mac = MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress("eth0") })
            try run("ip", "-n", Self.host, "route", "add", "10.1.0.\(10 + index)", "dev", "gh-p\(index)")
            try run(
                "ip", "-n", Self.host, "neigh", "add", "10.1.0.\(10 + index)", "lladdr", "\(mac)", "dev",
                "gh-p\(index)",
                "nud", "permanent")
            try NftProgram(namespace: space).apply(
                "table inet quiet {\n chain drop_all {\n type filter hook prerouting priority -400; policy drop;\n }\n}\n"
            )
        }
        try NetworkNamespace.within(Self.host) { try Plumbing().prepareHost() }
        portMAC = MACAddress(bits: try NetworkNamespace.within(Self.host) { try NetworkDevices.linkAddress("gh-p0") })
    }

    static func remove() {
        for space in [host, sender, receiver] { _ = try? ChildProcess.run("ip", ["netns", "del", space]) }
    }

    func socket() throws -> NetfilterSocket { try NetworkNamespace.within(Self.host) { try NetfilterSocket() } }

    func forgetSessions() throws { _ = try? ChildProcess.run("conntrack", ["-F"], namespace: Self.host) }

    func clearRules() throws { _ = try ChildProcess.run("nft", ["flush", "ruleset"], namespace: Self.host) }

    /// UDP from the first guest to the second.
    func storm(packets: UInt64, tuples: ClosedRange<UInt16>, ports: ClosedRange<UInt16> = 5000...5000) -> Storm {
        var storm = Storm(
            from: IPAddress(ipv4: 0x0a01_000a), to: IPAddress(ipv4: 0x0a01_000b), via: portMAC, packets: packets)
        storm.sourcePorts = tuples
        storm.targetPorts = ports
        storm.seconds = 60
        return storm
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The median of some numbers.
func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// A figure with its decimals.
func figure(_ value: Double, _ digits: Int = 2) -> String {
    let scale = [1.0, 10, 100, 1000][digits]
    let rounded = (value * scale).rounded() / scale
    return digits == 0 ? "\(Int(rounded))" : "\(rounded)"
}

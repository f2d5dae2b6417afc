import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport

/// Bridges on the host of an agent, with guests and outsiders on them.
extension AgentUnderTest {
    func addBridge(_ name: String, addresses: [String] = [], switches: Bool = true) throws {
        try TestHost.run("ip", "-n", host.name, "link", "add", name, "type", "bridge", "mcast_snooping", "0")
        try TestHost.run("ip", "-n", host.name, "link", "set", name, "up")
        for address in addresses {
            try TestHost.run("ip", "-n", host.name, "addr", "add", address, "dev", name, "nodad")
        }
        if !switches { try setBridgeSwitches("0") }
    }

    /// The switches of all bridges of the host, which are 1 in a new namespace.
    func setBridgeSwitches(_ value: String) throws {
        for name in ["iptables", "ip6tables", "arptables"] {
            try TestHost.run(
                "sysctl", "-qw", "net.bridge.bridge-nf-call-\(name)=\(value)", in: host.name)
        }
    }

    /// Adds a guest whose device is a port of a bridge.
    func addBridgedGuest(
        _ name: String, on bridge: String, addresses: [String], mac: String, device: String? = nil
    ) throws {
        let device = device ?? "gh-\(name)"
        let space = try host.addGuest(name, device: device, addresses: [])
        // Its link-local address is that of its MAC.
        try TestHost.run("ip", "-n", space, "link", "set", "eth0", "down")
        try TestHost.run("ip", "-n", space, "link", "set", "eth0", "address", mac, "up")
        for address in addresses { try TestHost.run("ip", "-n", space, "addr", "add", address, "dev", "eth0", "nodad") }
        try TestHost.run("ip", "-n", host.name, "link", "set", device, "master", bridge)
        adopt(Guest(namespace: space), as: name)
    }

    func interfaces() throws -> [InterfaceState] {
        guard case .interfaces(let states) = try ask(.interfaces) else { throw Unexpected() }
        return states
    }
}

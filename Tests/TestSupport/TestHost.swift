import Host
import Synchronization

/// A host in a network namespace of its own, with guests on veth pairs; all of it goes when `remove` is called.
package final class TestHost {
    package let name: String
    package private(set) var guests: [String] = []

    /// How many hosts this process has made.
    private static let made = Atomic(0)

    /// The name is this host's alone: two tests, or two arguments of one, may have the same label at the same time.
    package init(_ label: String) throws {
        name = "gt\(Machine.processID % 10_000)\(label)\(Self.made.add(1, ordering: .relaxed).newValue)"
        try Self.run("ip", "netns", "del", name, mayFail: true)
        try Self.run("ip", "netns", "add", name)
        try Self.run("ip", "-n", name, "link", "set", "lo", "up")
    }

    /// Adds a guest whose only device `eth0` leads to the host's device `device`.
    @discardableResult
    package func addGuest(
        _ guest: String, device: String, addresses: [String], gateways: [String] = []
    ) throws -> String {
        let space = "\(name)\(guest)"
        try Self.run("ip", "netns", "del", space, mayFail: true)
        try Self.run("ip", "netns", "add", space)
        guests.append(space)
        try Self.run("ip", "-n", name, "link", "add", device, "type", "veth", "peer", "name", "eth0", "netns", space)
        try Self.run("ip", "-n", name, "link", "set", device, "up")
        try Self.run("ip", "-n", space, "link", "set", "lo", "up")
        try Self.run("ip", "-n", space, "link", "set", "eth0", "up")
        for address in addresses {
            try Self.run("ip", "-n", space, "addr", "add", address, "dev", "eth0", "nodad", mayFail: true)
        }
        for gateway in gateways { try Self.run("ip", "-n", space, "route", "add", "default", "via", gateway) }
        return space
    }

    package func remove() {
        for space in guests + [name] { _ = try? Self.run("ip", "netns", "del", space, mayFail: true) }
    }

    /// Runs a program in one of the namespaces and returns its output.
    @discardableResult
    package static func run(_ words: String..., in namespace: String? = nil, mayFail: Bool = false) throws -> String {
        let output = try ChildProcess.run(words[0], Array(words.dropFirst()), namespace: namespace)
        guard output.exit == .code(0) || mayFail else {
            throw CommandFailed(command: words.joined(separator: " "), errors: output.errors)
        }
        return output.output
    }

    package struct CommandFailed: Error, CustomStringConvertible {
        let command: String
        let errors: String
        package var description: String { "\(command): \(errors)" }
    }
}

import Enforcement
import Host
import Link
import Model
import Netlink

/// Bridges that guests hang on: that their frames come to the gate, and what the host says of each interface.
extension Agent {
    /// Has the bridges hand their frames over whose interfaces are judged, or whose unknown ports are refused.
    ///
    /// What is not handed over is refused by the port stage, so a failure leaves nobody open; it is told, and tried again.
    func handOverBridges() {
        problems.removeAll { $0.hasPrefix("bridges: ") }
        guard configuration.enforces, let bridges = binding.bridges?.bridges, !bridges.isEmpty else { return }
        let wanted = devices.bridges.filter { device in bridges.contains { $0.name == device.name } }
        guard !wanted.isEmpty else { return }
        do {
            let isEverywhere = try BridgeFilter.prepare()
            for bridge in wanted where !isEverywhere && bridge.bridge.map({ !$0.callsIPv4 || !$0.callsIPv6 }) ?? true {
                FormerState.shared.note(bridges: [bridge.name])
                try devices.tables.handOver(bridge.number)
            }
        } catch {
            let names = wanted.map(\.name).sorted().joined(separator: ", ")
            problems.append(
                "bridges: NOT ENFORCED: frames of \(names) do not come to the gate, and what hangs there is refused "
                    + "everything: \(error)")
        }
    }
}

/// How each interface hangs here.
extension Agent {
    /// The blocks of the subnets whose interfaces hang on each bridge.
    var bridgedBlocks: [String: Set<IPPrefix>] {
        guard !binding.bridged.isEmpty else { return [:] }
        var blocks: [String: Set<IPPrefix>] = [:]
        for vpc in revision.policy.vpcs {
            let subnets = Dictionary(
                vpc.subnets.map { ($0.name, $0.prefixes) }, uniquingKeysWith: { first, _ in first })
            for interface in vpc.instances.flatMap(\.interfaces) {
                guard let bridge = binding.bridged[interface.id] else { continue }
                blocks[bridge, default: []].formUnion(subnets[interface.subnet] ?? [])
            }
        }
        return blocks
    }

    /// In the order of the policy.
    var attachments: [InterfaceAttachment] {
        revision.policy.vpcs.flatMap { vpc in
            vpc.instances.flatMap { instance in
                instance.interfaces.map { interface in
                    let (attachment, bridge, _) = attachment(of: interface.id)
                    return InterfaceAttachment(
                        interface: "\(vpc.name): \(instance.name)/\(interface.name)", attachment: attachment,
                        bridge: bridge)
                }
            }
        }
    }

    private func attachment(of interface: Identifier<Interface>) -> (Attachment, bridge: String?, problem: String?) {
        if let bridge = binding.bridged[interface] { return (.bridged, bridge, bridgeProblem) }
        if binding.devices[interface] != nil { return (.own, nil, nil) }
        if let unfit = binding.notEnforced[interface] {
            return (.notEnforceable, nil, "NOT ENFORCED: \(unfit.reason.words(unfit.device.name))")
        }
        let problem = binding.awaited[interface].map { "device \($0) is not there" } ?? "no device is attached"
        return (.missing, nil, problem)
    }

    private var bridgeProblem: String? { problems.first { $0.hasPrefix("bridges: ") } }

    /// Each interface of the policy, then the ports of bridges that none claims.
    func interfaceStates() throws -> [InterfaceState] {
        try listen()
        let refused = try refusals()
        let made = Set(attached.filter { $0.made != nil }.map { [$0.vpc, $0.instance, $0.interface] })
        var states: [InterfaceState] = []
        for vpc in heldPolicy.vpcs {
            for instance in vpc.instances {
                for interface in instance.interfaces {
                    let (attachment, bridge, problem) = attachment(of: interface.id)
                    let device =
                        binding.devices[interface.id]?.name ?? binding.notEnforced[interface.id]?.device.name
                        ?? interface.device
                    states.append(
                        InterfaceState(
                            interface: "\(instance.name)/\(interface.name)", vpc: vpc.name, device: device,
                            attachment: attachment, bridge: bridge, mac: interface.mac,
                            addresses: interface.allAddresses,
                            prefixes: interface.allPrefixes,
                            groups: interface.groups,
                            isInForce: configuration.enforces && problem == nil,
                            isMade: made.contains([vpc.name, instance.name, interface.name]), problem: problem,
                            refused: device.flatMap { refused[$0] } ?? [:]))
                }
            }
        }
        return states + unbound(refused)
    }

    private func unbound(_ refused: [String: [String: UInt64]]) -> [InterfaceState] {
        let claimed = Set(binding.names.values).union(binding.notEnforced.values.map(\.device.name))
        let settings = Dictionary((revision.policy.bridges ?? []).map { ($0.name, $0) }) { first, _ in first }
        return devices.bridges.sorted { $0.name < $1.name }.flatMap { bridge in
            devices.parts(of: bridge).filter {
                !claimed.contains($0) && !(settings[bridge.name]?.uplinks.contains($0) ?? false)
            }.map { port in
                let isHeld = binding.held[port] != nil
                let isRefused = isHeld || settings[bridge.name]?.unknown == .refuse
                return InterfaceState(
                    interface: "", vpc: "", device: port, attachment: .bridged, bridge: bridge.name,
                    isInForce: isRefused && configuration.enforces && bridgeProblem == nil,
                    problem: isRefused
                        ? "no interface claims \(port): it is refused everything"
                        : "NOT ENFORCED: no interface claims \(port), and it passes unjudged: attach it, or refuse what is "
                            + "unknown on \(bridge.name)",
                    refused: refused[port] ?? [:])
            }
        }
    }

    /// Frames that the port stage dropped, by device and kind.
    private func refusals() throws -> [String: [String: UInt64]] {
        var found: [String: [String: UInt64]] = [:]
        let sets =
            PortRefusal.allCases.map { (PortSet.refused($0), $0.rawValue) }
            + [(.unknownCounts, InterfaceState.unknownKind)]
        for (set, kind) in sets {
            for element in try enforcer.elements(ofPresent: .port(set)) where element.traffic.packets > 0 {
                let device = String(decoding: element.key.prefix(16).prefix { $0 != 0 }, as: UTF8.self)
                found[device, default: [:]][kind] = element.traffic.packets
            }
        }
        return found
    }
}

/// br_netfilter, which shows bridges' frames to the hooks of routed packets.
enum BridgeFilter {
    private static let switches = ["iptables", "ip6tables"]

    /// Loads it where it is not there, without switching it on for bridges that nobody speaks of.
    ///
    /// - Returns: whether every bridge hands its frames over, of both families: somebody wants it so.
    static func prepare() throws -> Bool {
        if let isOn = try isOnEverywhere() { return isOn }
        let output = try ChildProcess.run("modprobe", ["br_netfilter"])
        guard try isOnEverywhere() != nil else {
            throw BridgeFilterMissing(words: output.errors.split(separator: "\n").first.map(String.init) ?? "")
        }
        // It begins with every bridge: no other's frames are to go another way for our sake.
        for name in switches + ["arptables"] {
            try Plumbing.set([Plumbing.Switch(path: "bridge/bridge-nf-call-\(name)", value: "0")])
        }
        return false
    }

    private static func isOnEverywhere() throws -> Bool? {
        var isOn = true
        for name in switches {
            guard let bytes = try DurableFile.read("/proc/sys/net/bridge/bridge-nf-call-\(name)") else { return nil }
            if bytes.first != UInt8(ascii: "1") { isOn = false }
        }
        return isOn
    }
}

struct BridgeFilterMissing: Error, CustomStringConvertible {
    let words: String

    var description: String {
        "the kernel has no br_netfilter\(words.isEmpty ? "" : " (\(words))"): load it, or name routed devices"
    }
}

import Model
import Policy
import Rehearsal
import TestSupport

/// A packet to be sent, and the same packet as the classifier sees it.
struct Shot {
    let sender: Int
    let packet: Packet
    let handmade: HandmadePacket
    /// nil where the packet goes out of the hosts' interfaces or to the host.
    let target: Int?
}

/// Random packets between the interfaces, the outside and the host, with answers and errors about them.
struct RandomTraffic {
    /// The outside is one more guest, which is not an interface of the policy.
    static let outside = RandomPolicy.instances.count
    static let outsideAddresses = [IPAddress(ipv4: 0xc000_0207), IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 7)]
    static let hostAddresses = [IPAddress(ipv4: 0x0a01_0001), IPAddress(ipv6High: 0xfd00_0001_0000_0000, low: 1)]

    private var random: SplitMix64
    /// So that no key comes twice.
    private var nextPort: UInt16 = 20_000
    private var usedICMP: Set<FlowKey> = []

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private static func address(_ end: Int, _ family: Int) -> IPAddress {
        end == outside
            ? outsideAddresses[family] : end > outside ? hostAddresses[family] : RandomPolicy.addresses(end)[family]
    }

    private func origin(_ sender: Int) -> Packet.Origin {
        sender == Self.outside
            ? .outside : .interface(Identifier(derivedFrom: "interface", RandomPolicy.instances[sender]))
    }

    /// A packet that no session is known for.
    mutating func fresh() -> Shot {
        while true {
            let sender = Int.random(in: 0...Self.outside, using: &random)
            var target = Int.random(in: 0...(Self.outside + 1), using: &random)
            if target == sender { target = (target + 1) % Self.outside }
            if sender == Self.outside && target >= Self.outside { continue }
            let family = random.chance(60) ? 0 : 1
            var source = Self.address(sender, family)
            if sender != Self.outside, random.chance(5) {
                source = Self.address((sender + 1) % Self.outside, family)
                if source == Self.address(target, family) { continue }
            }
            if let shot = shot(sender, target, source, Self.address(target, family), family) { return shot }
        }
    }

    private mutating func shot(_ sender: Int, _ target: Int, _ source: IPAddress, _ goal: IPAddress, _ family: Int)
        -> Shot?
    {
        nextPort += 1
        var flags: UInt8 = 0
        let key: FlowKey
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            flags = random.pick([2, 2, 2, 2, 2, 2, 0x10, 0x12, 0x11, 4, 0])
            key = FlowKey(
                initiator: source, target: goal, transport: .tcp, initiatorPort: nextPort,
                targetPort: random.pick(RandomPolicy.ports))
        case 5..<8:
            let isDHCP = random.chance(4)
            key = FlowKey(
                initiator: source, target: goal, transport: .udp,
                initiatorPort: isDHCP ? (family == 0 ? 67 : 547) : nextPort,
                targetPort: isDHCP ? (family == 0 ? 68 : 546) : random.pick(RandomPolicy.ports))
        case 8:
            let types: [UInt16] = family == 0 ? [8, 8, 8, 13, 0, 14] : [128, 128, 128, 129]
            key = FlowKey(
                initiator: source, target: goal, transport: family == 0 ? .icmp : .icmpv6,
                initiatorPort: random.pick(types), targetPort: random.chance(80) ? 0 : 3)
        default:
            key = FlowKey(initiator: source, target: goal, transport: TransportProtocol(rawValue: 47))
        }
        if key.transport.isICMP || key.transport.rawValue == 47 || key.initiatorPort < 1000 {
            guard usedICMP.insert(key).inserted else { return nil }
        }
        let id = nextPort
        return Shot(
            sender: sender,
            packet: Packet(
                key, from: origin(sender), flags: TCPFlags(rawValue: flags), echoID: key.transport.isICMP ? id : nil),
            handmade: HandmadePacket(key, tcpFlags: flags, icmpID: id), target: target < Self.outside ? target : nil)
    }

    /// The target's answer to a packet, or its ICMP error about it; nil where the target is no guest.
    mutating func answer(to shot: Shot) -> Shot? {
        guard
            let target = shot.target
                ?? (shot.packet.key.target == Self.outsideAddresses[0]
                    || shot.packet.key.target == Self.outsideAddresses[1] ? Self.outside : nil)
        else { return nil }
        let key = shot.packet.key
        let back = shot.sender < Self.outside ? shot.sender : nil
        if random.chance(35) {
            let isIPv6 = key.initiator.family == .ipv6
            let error = FlowKey(
                initiator: key.target, target: key.initiator, transport: isIPv6 ? .icmpv6 : .icmp,
                initiatorPort: isIPv6 ? 1 : 3, targetPort: isIPv6 ? 4 : 3)
            return Shot(
                sender: target,
                packet: Packet(
                    error, from: origin(target), quote: .init(key: key, echoID: shot.packet.echoID)),
                handmade: HandmadePacket(error, quoting: shot.handmade), target: back)
        }
        let replyType: [UInt16: UInt16] = [8: 0, 13: 14, 128: 129]
        let reply = FlowKey(
            initiator: key.target, target: key.initiator, transport: key.transport,
            initiatorPort: key.transport.isICMP ? replyType[key.initiatorPort] ?? 0 : key.targetPort,
            targetPort: key.transport.isICMP ? 0 : key.initiatorPort)
        let flags: UInt8 = 0x12
        return Shot(
            sender: target,
            packet: Packet(reply, from: origin(target), flags: TCPFlags(rawValue: flags), echoID: shot.packet.echoID),
            handmade: HandmadePacket(reply, tcpFlags: flags, icmpID: shot.packet.echoID ?? 0), target: back)
    }
}

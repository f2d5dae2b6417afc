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
    var isFragmented = false
    /// What another table makes of its addresses, where it opens a session.
    var translation: Packet.Translation?
    /// Where an answer that is translated back goes.
    var arrives: Int?
}

/// Random packets between the interfaces, the outside and the host, with answers and errors about them.
struct RandomTraffic {
    /// The outside is one more guest, which is not an interface of the policy.
    static let outside = RandomPolicy.instances.count
    static let host = outside + 1
    static let outsideAddresses = [IPAddress(ipv4: 0xc000_0207), IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 7)]
    static let hostAddresses = [IPAddress(ipv4: 0x0a01_0001), IPAddress(ipv6High: 0xfd00_0001_0000_0000, low: 1)]

    private var random: SplitMix64
    /// So that no key comes twice.
    private var nextPort: UInt16 = 20_000
    private var usedICMP: Set<FlowKey> = []
    /// What the host's other table translates; nil where there is none.
    private let translator: Translator?

    init(seed: UInt64, translator: Translator? = nil) {
        random = SplitMix64(seed: seed)
        self.translator = translator
    }

    /// A packet that no session is known for; in most draws one that `isWanted`, where such a one is found soon.
    mutating func fresh(preferring isWanted: (Shot) -> Bool) -> Shot {
        guard random.chance(80) else { return fresh() }
        var shot = fresh()
        for _ in 0..<60 where !isWanted(shot) { shot = fresh() }
        return shot
    }

    private static func address(_ end: Int, _ family: Int) -> IPAddress {
        end == outside
            ? outsideAddresses[family] : end > outside ? hostAddresses[family] : RandomPolicy.addresses(end)[family]
    }

    private func origin(_ sender: Int) -> Packet.Origin {
        sender == Self.host
            ? .host
            : sender == Self.outside
                ? .outside : .interface(Identifier(derivedFrom: "interface", RandomPolicy.instances[sender]))
    }

    /// A packet that no session is known for.
    mutating func fresh() -> Shot {
        while true {
            if random.chance(25), let shot = odd() { return translate(shot) }
            let sender = random.chance(10) ? Self.host : Int.random(in: 0...Self.outside, using: &random)
            var target = Int.random(in: 0...Self.host, using: &random)
            if target == sender { target = (target + 1) % Self.outside }
            if sender >= Self.outside && target >= Self.outside { continue }
            let family = random.chance(60) ? 0 : 1
            var source = Self.address(sender, family)
            // Another interface's, from an interface or from outside.
            if sender != Self.host, random.chance(5) {
                source = Self.address((sender + 1) % Self.outside, family)
                if source == Self.address(target, family) { continue }
            }
            if let shot = shot(sender, target, source, Self.address(target, family), family) { return translate(shot) }
        }
    }

    /// The shot as the other table will translate it; some shots at a guest go to its service address instead.
    private mutating func translate(_ shot: Shot) -> Shot {
        guard let translator, shot.sender != Self.host else { return shot }
        guard let target = shot.target, random.chance(50), let served = translator.service(shot.packet.key, of: target)
        else { return translator.translated(shot) }
        var packet = shot.packet
        packet.key = served
        packet.hasAuthenticationHeader = false
        return translator.translated(
            Shot(
                sender: shot.sender, packet: packet,
                handmade: HandmadePacket(served, tcpFlags: packet.flags.rawValue, icmpID: packet.echoID ?? 0),
                target: shot.target, isFragmented: shot.isFragmented))
    }

    // MARK: What is of a link, and what stands between headers

    private mutating func odd() -> Shot? {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: ofLink()
        case 1: dhcp()
        default: toMany()
        }
    }

    /// ICMPv6 of neighbours, routers and listeners, to anybody.
    private mutating func ofLink() -> Shot? {
        let sender = Int.random(in: 0...Self.host, using: &random)
        let isFromLink = sender < Self.outside && random.chance(30)
        let goals =
            [Self.hostAddresses[1], IPAddress(ipv6High: 0xff02 << 48, low: 1)]
            // The kernel forwards nothing that has a link-local source.
            + (isFromLink ? [] : (0...Self.outside).map { Self.address($0, 1) })
        let source = isFromLink ? IPAddress(ipv6High: 0xfe80 << 48, low: UInt64(sender + 1)) : Self.address(sender, 1)
        let goal = random.pick(goals)
        if goal == source || sender == Self.host && !(0..<Self.outside).map({ Self.address($0, 1) }).contains(goal) {
            return nil
        }
        let key = FlowKey(
            initiator: source, target: goal, transport: .icmpv6,
            initiatorPort: random.pick([130, 131, 132, 133, 134, 135, 136, 143]), targetPort: 0)
        // What would be forwarded must live long enough to be.
        let staysHere = goals.prefix(2).contains(goal)
        return bare(sender, key, hopLimit: staysHere ? random.pick([255, 255, 1, 1, 64]) : random.pick([255, 64, 2]))
    }

    private mutating func dhcp() -> Shot? {
        let family = random.chance(60) ? 0 : 1
        let sender = Int.random(in: 0...Self.host, using: &random)
        let isAnswer = sender == Self.host || random.chance(30)
        let ports: (UInt16, UInt16) = family == 0 ? (68, 67) : (546, 547)
        var source = Self.address(sender, family)
        var goal = random.pick((0...Self.host).map { Self.address($0, family) })
        if sender < Self.outside, family == 0, random.chance(30) {
            (source, goal) = (IPAddress(ipv4: 0), IPAddress(ipv4: 0xffff_ffff))
        }
        let isToInterface = (0..<Self.outside).map { Self.address($0, family) }.contains(goal)
        guard goal != source, sender < Self.outside || isToInterface else { return nil }
        return bare(
            sender,
            FlowKey(
                initiator: source, target: goal, transport: .udp, initiatorPort: isAnswer ? ports.1 : ports.0,
                targetPort: isAnswer ? ports.0 : ports.1), hopLimit: 64)
    }

    /// To every host on the link.
    private mutating func toMany() -> Shot? {
        let sender = Int.random(in: 0..<Self.outside, using: &random)
        let family = random.chance(50) ? 0 : 1
        nextPort += 1
        let key = FlowKey(
            initiator: Self.address(sender, family),
            target: family == 0 ? IPAddress(ipv4: 0xe000_0001) : IPAddress(ipv6High: 0xff02 << 48, low: 1),
            transport: .udp, initiatorPort: nextPort, targetPort: random.pick(RandomPolicy.ports))
        return bare(sender, key, hopLimit: 64)
    }

    /// A packet of a key that comes but once.
    private mutating func bare(_ sender: Int, _ key: FlowKey, hopLimit: UInt8) -> Shot? {
        guard usedICMP.insert(key).inserted else { return nil }
        var shape = HandmadePacket.Shape()
        shape.hopLimit = hopLimit
        return Shot(
            sender: sender,
            packet: Packet(
                key, from: origin(sender), isForHost: Self.hostAddresses.contains(key.target),
                hopLimit: key.transport == .icmpv6 ? hopLimit : nil), handmade: HandmadePacket(key, shape: shape),
            target: (0..<Self.outside).first { RandomPolicy.addresses($0).contains(key.target) })
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
        if key.transport.isICMP || key.transport.rawValue == 47 || key.initiatorPort ?? 0 < 1000 {
            guard usedICMP.insert(key).inserted else { return nil }
        }
        let id = nextPort
        var shape = HandmadePacket.Shape()
        // Headers that the kernel reads over; at the host itself some would be for it to work.
        if family == 1, target < Self.host, random.chance(20) {
            shape.extensions = [.hopByHop, .destination, .routing, .fragment, .authentication].filter { _ in
                random.chance(30)
            }
        }
        return Shot(
            sender: sender,
            packet: Packet(
                key, from: origin(sender), flags: TCPFlags(rawValue: flags), echoID: key.transport.isICMP ? id : nil,
                isForHost: target == Self.host, hasAuthenticationHeader: shape.extensions.contains(.authentication)),
            handmade: HandmadePacket(key, tcpFlags: flags, icmpID: id, shape: shape),
            target: target < Self.outside ? target : nil,
            // A first fragment must hold the whole transport header.
            isFragmented: sender != Self.host && key.transport != .tcp && random.chance(20))
    }

    /// The target's answer to a packet, or its ICMP error about it; nil where the target is no guest.
    mutating func answer(to shot: Shot) -> Shot? {
        guard
            let target = shot.target
                ?? (shot.packet.key.target == Self.outsideAddresses[0]
                    || shot.packet.key.target == Self.outsideAddresses[1] ? Self.outside : nil)
        else { return nil }
        let key = shot.translation?.sent ?? shot.packet.key
        let back = shot.sender < Self.outside ? shot.sender : nil
        if shot.translation == nil, random.chance(35) {
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
            initiatorPort: key.transport.isICMP ? key.initiatorPort.flatMap { replyType[$0] } ?? 0 : key.targetPort,
            targetPort: key.transport.isICMP ? 0 : key.initiatorPort)
        let flags: UInt8 = 0x12
        return Shot(
            sender: target,
            packet: Packet(
                reply, from: origin(target), flags: TCPFlags(rawValue: flags), echoID: shot.packet.echoID,
                isForHost: Self.hostAddresses.contains(reply.target)),
            handmade: HandmadePacket(reply, tcpFlags: flags, icmpID: shot.packet.echoID ?? 0), target: back,
            arrives: shot.translation == nil ? nil : back)
    }
}

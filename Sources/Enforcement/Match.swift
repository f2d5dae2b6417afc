package import Model

/// What a rule asks of a packet itself or of its connection.
package enum Match: Hashable, Sendable {
    case family(AddressFamily)
    /// The protocol behind the headers that nft reads over, or none of these.
    case transport([TransportProtocol])
    case noneOf([TransportProtocol])
    /// Blocks of one family, at least one.
    case source([IPPrefix])
    case target([IPPrefix])
    /// Of the blocks' family and in none of them.
    case targetNot([IPPrefix])
    case sourcePorts(PortRange)
    case targetPorts(PortRange)
    /// UDP between one of these pairs of ports.
    case udp([PortPair])
    /// Types of ICMP or ICMPv6.
    case icmpType(TransportProtocol, [ClosedRange<UInt8>])
    case icmpCode(TransportProtocol, UInt8)
    /// The packet holds two ports, or the first two bytes of its transport's header.
    case showsPorts
    case showsTypes
    /// TCP with SYN among its flags.
    case tcpSYN
    /// TCP with SYN and without ACK.
    case tcpOpening
    /// How many packets conntrack has counted of those that go the other way: this many, or another number.
    case answers(UInt64, Bool)
    case state(ConnectionState)
    case status(ConnectionStatus)
    /// The way of the packet that opened the session, or the other way.
    case isOriginal
    case isAnswer
    /// What conntrack holds of the session, whichever way the packet goes: its initiator; its target, and the target's
    /// ports, after any translation; type and code of the ICMP message that opened it.
    case initiator(IPPrefix)
    case responder(IPPrefix)
    case responderPorts(PortRange)
    case openingICMP(ClosedRange<UInt16>)
    /// Whether the connection's mark names a rule of the direction.
    case hasRule(Direction, Bool)
    /// The packet bears an `EdgeMark`.
    case edgeMark
    case packetMark(UInt32)
    /// Its time to live, or hop limit, is one or none: it may not be sent on.
    case hasNoHopLeft(AddressFamily)
    case hasHopLeft(AddressFamily)
    /// Of a frame: its type, behind no tag.
    case etherType([UInt16])
    /// Of a frame: to many by its MAC.
    case toGroupMAC
    /// ARP of IPv4 over Ethernet.
    case arpOfIPv4
    /// ARP of a sender without an address.
    case arpProbe
    /// Neighbour discovery about a link-local address.
    case neighbourOfLink
    /// Neighbour discovery about an address of a block of IPv6.
    case neighbourIn(IPPrefix)
    /// The packet's priority: the number of a bridge, or `BridgeNumber.passed`.
    case priority(UInt32)
    /// The packet's priority is one of these.
    case priorities([UInt32])
    /// The IPv6 hop limit.
    case hopLimit(UInt8)
    /// The host itself made the packet: it came from no device. Known after routing alone.
    case fromHost
    case notFromHost
    case inputDevice(String)
    /// What the host's routes say of the target.
    case targetIs([TargetKind])

    package struct PortPair: Hashable, Sendable {
        package let source: UInt16
        package let target: UInt16
    }

    /// `fib daddr type`.
    package enum TargetKind: String, Hashable, Sendable {
        /// An address of the host itself.
        case local
        case broadcast
        case multicast
        /// Somewhere else.
        case unicast
    }

    /// `ct state`.
    package enum ConnectionState: String, Hashable, Sendable {
        case new
        case established
        case related
        case invalid
        case untracked
    }

    /// `ct status`.
    package enum ConnectionStatus: String, Hashable, Sendable {
        case confirmed
        case assured
        /// A packet has gone the other way, counted or not.
        case seenReply = "seen-reply"
        /// A helper announced it: it bears the mark of the session that it belongs to.
        case expected
    }
}

extension Statement {
    package static func family(_ family: AddressFamily) -> Statement { .match(.family(family)) }
    package static func transport(_ transports: TransportProtocol...) -> Statement { .match(.transport(transports)) }
    package static func noneOf(_ transports: TransportProtocol...) -> Statement { .match(.noneOf(transports)) }
    package static func source(_ prefixes: IPPrefix...) -> Statement { .match(.source(prefixes)) }
    package static func target(_ prefixes: IPPrefix...) -> Statement { .match(.target(prefixes)) }
    package static func state(_ state: Match.ConnectionState) -> Statement { .match(.state(state)) }
    package static func status(_ status: Match.ConnectionStatus) -> Statement { .match(.status(status)) }
    package static func udp(_ source: UInt16, _ target: UInt16) -> Statement {
        .match(.udp([.init(source: source, target: target)]))
    }
    package static func icmpv6(_ types: ClosedRange<UInt8>...) -> Statement { .match(.icmpType(.icmpv6, types)) }
}

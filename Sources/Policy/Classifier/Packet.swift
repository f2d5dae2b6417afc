package import Model

/// What judging looks at in one packet.
package struct Packet: Hashable, Sendable {
    /// Where a packet came from.
    package enum Origin: Hashable, Sendable {
        /// One of the policy's interfaces sent it; an interface that the policy doesn't know is outside.
        case interface(Identifier<Interface>)
        /// It came over an uplink.
        case outside
        /// The host itself sent it.
        case host
    }

    /// What an ICMP error quotes of the packet that it is about.
    package struct Quote: Hashable, Sendable {
        package var key: FlowKey
        package var echoID: UInt16?

        package init(key: FlowKey, echoID: UInt16? = nil) {
            self.key = key
            self.echoID = echoID
        }
    }

    /// What address translation by another table makes of a session's first packet.
    ///
    /// Guard, network ACLs and stateless lists are asked before it; the groups between the translation of the target and that of
    /// the source.
    package struct Translation: Hashable, Sendable {
        /// As groups are asked: with the target that it goes to.
        package var judged: FlowKey
        /// As it leaves the host; answers come to its initiator.
        package var sent: FlowKey

        package init(judged: FlowKey, sent: FlowKey) {
            self.judged = judged
            self.sent = sent
        }
    }

    /// Source and target as they stand on the wire: for a reply the initiator here is the session's target.
    package var key: FlowKey
    package var origin: Origin
    /// The source of the link layer, where the packet came with one.
    package var sourceMAC: MACAddress?
    package var flags: TCPFlags
    /// Identifier of ICMP echo, timestamp, information and mask messages.
    package var echoID: UInt16?
    package var quote: Quote?
    /// Whether the target is an address of the host's own; addresses of many, and gateways of the policy's subnets, need not
    /// say it.
    package var isForHost: Bool
    /// The IPv6 hop limit; nil is what the packet's protocol wants of it.
    package var hopLimit: UInt8?
    /// Whether an authentication header stands before the transport's.
    package var hasAuthenticationHeader: Bool

    package init(
        _ key: FlowKey, from origin: Origin, sourceMAC: MACAddress? = nil, flags: TCPFlags = .syn,
        echoID: UInt16? = nil, quote: Quote? = nil, isForHost: Bool = false, hopLimit: UInt8? = nil,
        hasAuthenticationHeader: Bool = false
    ) {
        self.key = key
        self.origin = origin
        self.sourceMAC = sourceMAC
        self.flags = flags
        self.echoID = echoID
        self.quote = quote
        self.isForHost = isForHost
        self.hopLimit = hopLimit
        self.hasAuthenticationHeader = hasAuthenticationHeader
    }
}

/// The control bits of a TCP header, `TCPHDR_…` in the kernel.
package struct TCPFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let fin = TCPFlags(rawValue: 0x01)
    package static let syn = TCPFlags(rawValue: 0x02)
    package static let rst = TCPFlags(rawValue: 0x04)
    package static let psh = TCPFlags(rawValue: 0x08)
    package static let ack = TCPFlags(rawValue: 0x10)
    package static let urg = TCPFlags(rawValue: 0x20)
    package static let ece = TCPFlags(rawValue: 0x40)
    package static let cwr = TCPFlags(rawValue: 0x80)
}

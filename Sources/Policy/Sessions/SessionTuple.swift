package import Model

/// A five-tuple as conntrack keys it, with the echo id of ICMP.
struct SessionTuple: Hashable, Sendable {
    let source: IPAddress
    let target: IPAddress
    let transport: TransportProtocol
    /// Source port, or ICMP type.
    let first: UInt16
    /// Target port, or ICMP code.
    let second: UInt16
    /// ICMP echo id; 0 elsewhere.
    let echoID: UInt16

    init(_ key: FlowKey, echoID: UInt16?) {
        self.source = key.initiator
        self.target = key.target
        self.transport = key.transport
        self.first = key.initiatorPort ?? 0
        self.second = key.targetPort ?? 0
        self.echoID = key.transport.isICMP ? echoID ?? 0 : 0
    }

    private init(reverseOf tuple: SessionTuple, first: UInt16, second: UInt16) {
        self.source = tuple.target
        self.target = tuple.source
        self.transport = tuple.transport
        self.first = first
        self.second = second
        self.echoID = tuple.echoID
    }

    /// The tuple of packets the other way; nil for ICMP messages that have no answer.
    var reversed: SessionTuple? {
        guard transport.isICMP else { return SessionTuple(reverseOf: self, first: second, second: first) }
        // `icmp_invert_tuple` turns the type round and keeps the code.
        guard let type = transport.icmpAnswer(to: first) else { return nil }
        return SessionTuple(reverseOf: self, first: type, second: second)
    }
}

extension TransportProtocol {
    /// The ICMP type of the answer to a message, where it has one; the code stays.
    package func icmpAnswer(to type: UInt16) -> UInt16? {
        let answers: [UInt16: UInt16] =
            self == .icmp
            ? [0: 8, 8: 0, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17]
            : [128: 129, 129: 128, 139: 140, 140: 139]
        return answers[type]
    }
}

/// What connection tracking makes of a packet by its header alone.
enum PacketClass {
    /// A session may begin with it.
    case opening
    /// Only a session that exists can hold it.
    case following
    /// It is about another packet, which it quotes.
    case error
    /// It can belong to no session.
    case malformed

    init(_ packet: Packet) {
        let key = packet.key
        switch key.transport {
        case .tcp: self = Self.tcp(packet.flags)
        case .icmp:
            guard key.initiator.family == .ipv4 else {
                self = .malformed
                return
            }
            switch key.initiatorPort ?? 0 {
            case 3, 4, 5, 11, 12: self = .error
            // `icmp_new`: only requests begin a session.
            case 8, 13, 15, 17: self = .opening
            default: self = .following
            }
        case .icmpv6:
            guard key.initiator.family == .ipv6 else {
                self = .malformed
                return
            }
            switch key.initiatorPort ?? 0 {
            // `nf_conntrack_icmpv6_error`: everything below 128 is an error, and redirects quote a packet too.
            case 0..<128, 137: self = .error
            case 128, 139: self = .opening
            default: self = .following
            }
        default:
            self = key.transport.isCarried(by: key.initiator.family) ? .opening : .malformed
        }
    }

    /// `tcp_valid_flags` and the first row of `tcp_conntracks`; ECE, CWR and PSH say nothing.
    private static func tcp(_ flags: TCPFlags) -> PacketClass {
        let control = flags.subtracting([.ece, .cwr, .psh])
        let valid: [TCPFlags] = [
            .syn, [.syn, .urg], [.syn, .ack], .rst, [.rst, .ack], [.fin, .ack], [.fin, .ack, .urg], .ack, [.ack, .urg],
        ]
        guard valid.contains(control) else { return .malformed }
        // An ACK alone opens a session as well: `nf_conntrack_tcp_loose` is on unless an operator turns it off.
        return control.subtracting(.urg) == .syn || control.subtracting(.urg) == .ack ? .opening : .following
    }
}

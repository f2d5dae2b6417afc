import Model

/// What the rules of one interface and direction ask of a packet, as plain words made once.
struct Probe {
    /// The other end: the source for ingress, the target for egress.
    let peerHigh: UInt64
    let peerLow: UInt64
    /// The interface's own end.
    let local: IPAddress
    /// 4 or 6.
    let family: UInt8
    let transport: UInt8
    /// Source port, or ICMP type.
    let firstPort: UInt16
    /// Target port, or ICMP code.
    let port: UInt16
    /// 0 for ingress, 1 for egress: what is added to a group's first chain.
    let chainOffset: Int32

    @inline(__always)
    init(ingress key: FlowKey) { self.init(key, peer: key.initiator, local: key.target, chainOffset: 0) }

    @inline(__always)
    init(egress key: FlowKey) { self.init(key, peer: key.target, local: key.initiator, chainOffset: 1) }

    @inline(__always)
    private init(_ key: FlowKey, peer: IPAddress, local: IPAddress, chainOffset: Int32) {
        self.local = local
        self.peerHigh = peer.high
        self.peerLow = peer.low
        self.family = key.initiator.family.code
        self.transport = key.transport.rawValue
        self.firstPort = key.initiatorPort ?? 0
        self.port = key.targetPort ?? 0
        self.chainOffset = chainOffset
    }

    @inline(__always)
    var isICMPTCPOrUDP: Bool { transport == 6 || transport == 17 || transport == 1 || transport == 58 }
}

extension AddressFamily {
    /// The raw value without a call into another module.
    @inline(__always)
    var code: UInt8 {
        switch self {
        case .ipv4: 4
        case .ipv6: 6
        }
    }
}

/// What the packets of a flow share, whichever way they go.
struct FlowIdentity: Hashable {
    let low: UInt128
    let high: UInt128
    let lowPort: UInt16
    let highPort: UInt16
    let index: UInt32
    let interface: UInt16
    let transport: UInt8
    let form: Form

    /// What the ports are.
    enum Form: UInt8 {
        case none
        case ports
        /// The identifier of a query of ICMP and the type that asks.
        case query
        /// Type and code of a message that nobody answers; each way is a flow by itself.
        case message
    }

    /// Who opened the flow, by one packet.
    enum Opening {
        case sender
        case receiver
        /// The packet does not tell.
        case untold
    }

    /// The identity of a packet's flow, whether the packet goes from its lower to its higher end, and who opened it.
    static func of(_ facts: PacketFacts) -> (identity: FlowIdentity, isFromLow: Bool, opening: Opening) {
        switch facts.upper {
        case .unknown:
            return (make(facts, 0, 0, .none), facts.source <= facts.target, .untold)
        case .ports(let source, let target, let flags):
            let isFromLow = (facts.source, source) <= (facts.target, target)
            let opening: Opening =
                if let flags, flags & TCPFlag.syn != 0 {
                    flags & TCPFlag.ack == 0 ? .sender : .receiver
                } else {
                    .untold
                }
            return (make(facts, source, target, .ports), isFromLow, opening)
        case .icmp(let type, let code, let identifier):
            guard let query = query(facts.transport, type) else {
                let identity = FlowIdentity(
                    low: facts.source, high: facts.target, lowPort: UInt16(type), highPort: UInt16(code),
                    index: facts.index, interface: facts.interface, transport: facts.transport, form: .message)
                return (identity, true, .sender)
            }
            // A host that asks itself: who answers is the other end.
            let isFromLow = facts.source == facts.target ? query == type : facts.source < facts.target
            // The type stands where a port would, the same whichever way it goes.
            let identity = FlowIdentity(
                low: isFromLow ? facts.source : facts.target, high: isFromLow ? facts.target : facts.source,
                lowPort: UInt16(query), highPort: identifier, index: facts.index, interface: facts.interface,
                transport: facts.transport, form: .query)
            return (identity, isFromLow, query == type ? .sender : .receiver)
        }
    }

    private static func make(_ facts: PacketFacts, _ source: UInt16, _ target: UInt16, _ form: Form) -> FlowIdentity {
        let isFromLow = (facts.source, source) <= (facts.target, target)
        return FlowIdentity(
            low: isFromLow ? facts.source : facts.target, high: isFromLow ? facts.target : facts.source,
            lowPort: isFromLow ? source : target, highPort: isFromLow ? target : source, index: facts.index,
            interface: facts.interface, transport: facts.transport, form: form)
    }

    /// The type that asks, of a query and of its answer: echo, timestamp, information, mask; ICMPv6's echo.
    private static func query(_ transport: UInt8, _ type: UInt8) -> UInt8? {
        switch (transport, type) {
        case (1, 8), (1, 0): 8
        case (1, 13), (1, 14): 13
        case (1, 15), (1, 16): 15
        case (1, 17), (1, 18): 17
        case (58, 128), (58, 129): 128
        default: nil
        }
    }

    /// Spreads identities; whoever sends packets does not know the seed.
    func hash(seed: UInt64) -> UInt64 {
        let ports = UInt64(lowPort) << 48 | UInt64(highPort) << 32 | UInt64(index)
        let rest = UInt64(interface) << 16 | UInt64(transport) << 8 | UInt64(form.rawValue)
        let first = Self.fold(
            UInt64(truncatingIfNeeded: low) ^ seed, UInt64(truncatingIfNeeded: low >> 64) ^ 0x9e37_79b9_7f4a_7c15)
        let second = Self.fold(
            UInt64(truncatingIfNeeded: high) ^ first, UInt64(truncatingIfNeeded: high >> 64) ^ 0xbf58_476d_1ce4_e5b9)
        return Self.fold(ports ^ second, rest ^ seed ^ 0x94d0_49bb_1331_11eb)
    }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

import Records

/// A flow whose packets still come.
struct OpenFlow {
    let identity: FlowIdentity
    var start: Int64
    var latest: Int64
    var firstPacket: Int
    var packetsFromLow: UInt64 = 0
    var bytesFromLow: UInt64 = 0
    var packetsFromHigh: UInt64 = 0
    var bytesFromHigh: UInt64 = 0
    private var flags: UInt8?
    private(set) var isOpenedByLow: Bool
    private var isOpeningKnown: Bool
    private var hasEndedLow = false
    private var hasEndedHigh = false
    private var isReset = false
    /// False for a place that is free.
    var isUsed = true

    init(_ identity: FlowIdentity, isFromLow: Bool, _ opening: FlowIdentity.Opening, at now: Int64, _ number: Int) {
        self.identity = identity
        (start, latest, firstPacket) = (now, now, number)
        (isOpenedByLow, isOpeningKnown) = (isFromLow, false)
        learn(opening, isFromLow: isFromLow)
    }

    /// Both sides said that they are done, or one broke off.
    var isClosed: Bool { isReset || hasEndedLow && hasEndedHigh }

    /// Who opened the flow: the first packet that tells decides, and else the first sender.
    mutating func learn(_ opening: FlowIdentity.Opening, isFromLow: Bool) {
        guard !isOpeningKnown else { return }
        switch opening {
        case .untold: return
        case .sender: isOpenedByLow = isFromLow
        case .receiver: isOpenedByLow = !isFromLow
        }
        isOpeningKnown = true
    }

    mutating func count(_ length: UInt64, _ flags: UInt8?, isFromLow: Bool, at now: Int64) {
        if isFromLow {
            packetsFromLow += 1
            bytesFromLow &+= length
        } else {
            packetsFromHigh += 1
            bytesFromHigh &+= length
        }
        start = min(start, now)
        latest = max(latest, now)
        guard let flags else { return }
        self.flags = (self.flags ?? 0) | flags
        if flags & TCPFlag.rst != 0 { isReset = true }
        if flags & TCPFlag.fin != 0 {
            if isFromLow { hasEndedLow = true } else { hasEndedHigh = true }
        }
    }

    /// Begins a further record of the same flow.
    mutating func restart(at now: Int64, _ number: Int) {
        (start, latest, firstPacket) = (now, now, number)
        (packetsFromLow, bytesFromLow, packetsFromHigh, bytesFromHigh, flags) = (0, 0, 0, 0, nil)
    }

    /// The record; a flow that is closed ends for that, whatever else ends it.
    func metered(_ reason: EndReason, device: String?) -> MeteredFlow {
        var flow = MeteredFlow(
            initiator: isOpenedByLow ? identity.low : identity.high,
            target: isOpenedByLow ? identity.high : identity.low, transport: identity.transport, ports: nil, icmp: nil,
            flags: flags, start: start, end: latest,
            packetsFromInitiator: isOpenedByLow ? packetsFromLow : packetsFromHigh,
            bytesFromInitiator: isOpenedByLow ? bytesFromLow : bytesFromHigh,
            packetsFromTarget: isOpenedByLow ? packetsFromHigh : packetsFromLow,
            bytesFromTarget: isOpenedByLow ? bytesFromHigh : bytesFromLow,
            endReason: isReset ? .rst : isClosed ? .fin : reason, firstPacket: firstPacket, device: device)
        switch identity.form {
        case .none: break
        case .ports:
            flow.ports = MeteredFlow.Ports(
                initiator: isOpenedByLow ? identity.lowPort : identity.highPort,
                target: isOpenedByLow ? identity.highPort : identity.lowPort)
        case .query: flow.icmp = MeteredFlow.ICMP(type: UInt8(truncatingIfNeeded: identity.lowPort), code: 0)
        case .message:
            flow.icmp = MeteredFlow.ICMP(
                type: UInt8(truncatingIfNeeded: identity.lowPort), code: UInt8(truncatingIfNeeded: identity.highPort))
        }
        return flow
    }
}

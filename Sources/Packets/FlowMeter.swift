import Records

/// Puts packets together to flows of both ways, and ends flows.
///
/// A flow is over when it was idle too long, by the time of its next packet or of those of others; when both sides sent FIN or
/// one RST, ten seconds after the last packet or with the next SYN; and when there is no room. Measure before changing this.
struct FlowMeter {
    /// What is said after the end of a session: acknowledgements, repeated packets.
    static let linger: Int64 = 10_000_000
    /// Flows that are looked at for the longest silent one, where there is no room.
    private static let candidates = 64

    private let idle: Int64
    private let active: Int64
    private let most: Int
    private var open = OpenFlows()
    /// Where the search for flows that are over goes on.
    private var hand = 0
    private(set) var ended: [MeteredFlow] = []
    /// Says how a record names an interface.
    private var devices: [Int: String] = [:]

    init(_ settings: MeterSettings) {
        idle = Int64(settings.idleSeconds) * 1_000_000
        active = Int64(settings.activeSeconds) * 1_000_000
        most = max(1, settings.flows)
    }

    mutating func name(_ interface: UInt16, _ name: String?) { devices[Int(interface)] = name }

    mutating func takeEnded() -> [MeteredFlow] {
        defer { ended = [] }
        return ended
    }

    mutating func take(_ facts: PacketFacts, at now: Int64, number: Int) {
        sweep(now)
        let (identity, isFromLow, opening) = FlowIdentity.of(facts)
        let flags: UInt8? = if case .ports(_, _, let flags) = facts.upper { flags } else { nil }
        let hash = open.hash(identity)
        if let place = open.find(identity, hash) {
            guard isOver(open.slots[place], now, isSYN: opening == .sender && identity.form == .ports) else {
                if now - open.slots[place].start >= active {
                    ended.append(metered(open.slots[place], .active))
                    open.update(place) { $0.restart(at: now, number) }
                }
                open.update(place) {
                    $0.learn(opening, isFromLow: isFromLow)
                    $0.count(facts.length, flags, isFromLow: isFromLow, at: now)
                }
                return
            }
            end(place, .idle)
        }
        if open.count >= most { makeRoom() }
        var flow = OpenFlow(identity, isFromLow: isFromLow, opening, at: now, number)
        flow.count(facts.length, flags, isFromLow: isFromLow, at: now)
        _ = open.insert(flow, hash)
    }

    /// Ends some of what is open, where nothing comes any more; false where nothing is left.
    mutating func endNext(_ count: Int) -> Bool {
        var left = count
        if hand >= open.slots.count { hand = 0 }
        while open.count > 0, left > 0 {
            if open.slots[hand].isUsed {
                end(hand, .forced)
                left -= 1
            }
            hand = hand + 1 == open.slots.count ? 0 : hand + 1
        }
        return open.count > 0
    }

    private func isOver(_ flow: OpenFlow, _ now: Int64, isSYN: Bool) -> Bool {
        let silence = now - flow.latest
        // A capture whose clock was set back by more than that begins anew.
        guard -idle...idle ~= silence else { return true }
        return flow.isClosed && (isSYN || silence > Self.linger)
    }

    /// Looks at one flow more for each packet, so that what is over does not stay.
    private mutating func sweep(_ now: Int64) {
        guard !open.slots.isEmpty else { return }
        hand = hand + 1 >= open.slots.count ? 0 : hand + 1
        if open.slots[hand].isUsed, isOver(open.slots[hand], now, isSYN: false) { end(hand, .idle) }
    }

    private mutating func makeRoom() {
        var oldest = hand
        for step in 0..<min(Self.candidates, open.slots.count) {
            let place = (hand + step) % open.slots.count
            guard open.slots[place].isUsed else { continue }
            if !open.slots[oldest].isUsed || open.slots[place].latest < open.slots[oldest].latest { oldest = place }
        }
        end(oldest, .resource)
    }

    private mutating func end(_ place: Int, _ reason: EndReason) {
        ended.append(metered(open.slots[place], reason))
        open.remove(place)
    }

    private func metered(_ flow: OpenFlow, _ reason: EndReason) -> MeteredFlow {
        let identity = flow.identity
        let device = devices[Int(identity.interface)] ?? (identity.index == 0 ? nil : "ifindex:\(identity.index)")
        return flow.metered(reason, device: device)
    }
}

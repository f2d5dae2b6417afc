import Model
import TestSupport

/// Records of every kind that capture can make, at one interface.
struct RandomRecords {
    private var random: SplitMix64
    private let placement: Placement

    init(seed: UInt64, at placement: Placement) {
        random = SplitMix64(seed: seed)
        self.placement = placement
    }

    mutating func records(_ count: Int, from start: Timestamp) -> [FlowRecord] {
        (0..<count).map { record(UInt64($0), start) }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(random.next() % UInt64(elements.count))]
    }

    private mutating func traffic() -> Traffic {
        let packets: UInt64 = pick([0, 1, random.next() % 1000, UInt64(UInt32.max) + random.next() % 9])
        return Traffic(packets: packets, bytes: packets * (20 + random.next() % 1480))
    }

    private mutating func address(_ family: Bool) -> IPAddress {
        family
            ? IPAddress(ipv6High: pick([0, 1, random.next()]), low: pick([0, 1, random.next()]))
            : IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next()))
    }

    private mutating func record(_ sequence: UInt64, _ start: Timestamp) -> FlowRecord {
        let direction = pick(Direction.allCases)
        let isWide = pick([false, false, true])
        let family: AddressFamily = isWide ? .ipv6 : .ipv4
        let own = pick([placement.addresses.first { $0.family == family } ?? address(isWide), address(isWide)])
        let other = address(isWide)
        let transport = pick([
            TransportProtocol.tcp, .udp, .icmp, .icmpv6, .sctp, TransportProtocol(rawValue: 255),
            TransportProtocol(rawValue: 0),
        ])
        let isRefused = pick([true, false])
        let from = start.advanced(by: .milliseconds(Int64(random.next() % 30_000)))
        var record = FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: from,
            end: from.advanced(by: .milliseconds(Int64(random.next() % 30_000))), connectionStart: from,
            connection: isRefused ? 0 : sequence + 1, interface: placement.interface, direction: direction,
            verdict: isRefused ? .drop : .accept, stage: pick([.group, .guard, .acl]),
            rule: Identifier(high: random.next(), low: random.next()), revision: 2,
            key: FlowKey(
                initiator: direction == .egress ? own : other, target: direction == .egress ? other : own,
                transport: transport, initiatorPort: UInt16(truncatingIfNeeded: random.next()),
                targetPort: UInt16(truncatingIfNeeded: random.next())),
            detail: isRefused ? pick([.full, .coarse, .total]) : .full, state: isRefused ? .refused : .ended,
            fromInitiator: traffic(), fromTarget: isRefused ? .zero : traffic(), cumulativeFromInitiator: .zero,
            cumulativeFromTarget: .zero)
        record.sequence = sequence
        return record
    }
}

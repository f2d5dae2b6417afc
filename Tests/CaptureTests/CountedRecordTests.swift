import Attribution
import Model
import Spools
import Testing

@testable import Capture
@testable import Netlink

/// Every counting set, from the bytes of a key as the kernel keeps it to records.
@Suite struct CountedRecordTests {
    private static let traffic = Traffic(packets: 3, bytes: 300)

    private static func big(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    private static func host(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func text(_ device: String) -> [UInt8] {
        Array(device.utf8) + [UInt8](repeating: 0, count: 16 - device.utf8.count)
    }

    /// A packet from web to app: TCP where the set has ports, ICMP echo where it has types.
    private static func key(_ set: CountingSet, mark: UInt32, packetMark: UInt32, length: UInt32 = 1500) -> [UInt8] {
        let family = set.family ?? .ipv4
        let hasTypes = set.columns.contains(.typeAndCode)
        let (web, app) = (Estate.address(10, family), Estate.address(11, family))
        return set.columns.flatMap { column -> [UInt8] in
            let bytes: [UInt8] =
                switch column {
                case .inputDevice: text("gh-web")
                case .outputDevice: text("gh-app")
                case .source, .initiator: web.bytes
                case .target, .responder: app.bytes
                case .transport, .firstHeader: [hasTypes ? (family == .ipv4 ? 1 : 58) : 6]
                case .sourcePort: big(40_000, 2)
                case .targetPort: big(443, 2)
                case .typeAndCode: [family == .ipv4 ? 8 : 128, 0]
                case .mark: host(mark)
                case .packetMark: host(packetMark)
                case .notedConnection: big(77, 4)
                case .notedLength: family == .ipv4 ? big(UInt64(length), 4) : big(UInt64(length - 40) << 16, 4)
                case .notedRule: host(4)
                case .sourceMAC, .arpSender, .arpSenderMAC, .neighbourTarget, .priority, .connection:
                    [UInt8](repeating: 0, count: column.part.length)
                }
            return bytes + [UInt8](repeating: 0, count: column.part.paddedLength - bytes.count)
        }
    }

    private static let recorder = Recorder(
        attributor: Estate.attributor, books: Books(), restored: [:],
        window: CaptureWindow(length: .seconds(60), holding: Estate.begin))
    private static let span = Recorder.Span(start: Estate.begin, end: Estate.begin.advanced(by: .seconds(5)))

    private static func records(_ set: CountingSet, mark: UInt32 = 0x0003_0004, packetMark: UInt32 = 0) -> [FlowRecord]
    {
        recorder.records(
            of: .init(key: key(set, mark: mark, packetMark: packetMark), traffic: traffic), in: set, span)
    }

    /// Which ends an element of a set is of, and what became of its packets there.
    private static func wanted(_ set: CountingSet) -> [Direction: Verdict] {
        switch set.meaning {
        case .refused(let direction), .coarse(let direction): [direction: .drop]
        case .refusedAfterEgress: [.egress: .accept, .ingress: .drop]
        case .refusedAtEdge(let direction), .blocked(let direction), .coarseBlocked(let direction): [direction: .drop]
        case .blockedAfterEgress: [.egress: .accept, .ingress: .drop]
        case .observed: [:]
        case .refusedAtEdgeInside, .coarseAtEdge: [.egress: .drop, .ingress: .drop]
        case .guarded(let rule, let direction): [direction: rule.refuses ? .drop : .accept]
        case .admittedMany: [.ingress: .accept]
        case .manyOnBridge(let direction, let isAdmitted): [direction: isAdmitted ? .accept : .drop]
        case .extra, .resentOpening, .error, .coarseError: [.egress: .accept, .ingress: .accept]
        case .unsent: [:]
        case .overflow(let kind, let direction): [direction: kind == .accepted ? .accept : .drop]
        }
    }

    @Test(arguments: CountingSet.all + CountingSet.onBridges + CountingSet.ofEnterprise)
    func `an element is a record at each end that it is of`(
        set: CountingSet
    ) throws {
        let records = Self.records(set, packetMark: EdgeMark.value(5, .ingress, .acl))
        #expect(
            Dictionary(records.map { ($0.direction, $0.verdict) }) { first, _ in first } == Self.wanted(set),
            "\(records)")
        #expect(records.count == Self.wanted(set).count)
        for record in records {
            // `extra` counts answers: web sent the packet, and app opened the session.
            let isAnswer = set.meaning == .extra
            let isWebs = (record.direction == .egress) != isAnswer
            #expect(record.interface == (isWebs ? Estate.web : Estate.app))
            #expect(record.fromInitiator == (isAnswer ? .zero : Self.traffic))
            #expect(record.fromTarget == (isAnswer ? Self.traffic : .zero))
            #expect(record.connection == 0 && record.windowStart == Estate.begin && record.end == Self.span.end)
            #expect((record.verdict == .drop) == (record.state == .refused))
            let isTotal =
                switch set.meaning {
                case .overflow, .coarseAtEdge, .coarseBlocked: true
                default: false
                }
            #expect((record.detail == .total) == isTotal)
            guard !isTotal else { continue }
            let ends = [Estate.address(10, set.family ?? .ipv4), Estate.address(11, set.family ?? .ipv4)]
            #expect([record.key.initiator, record.key.target] == (isAnswer ? ends.reversed() : ends))
            // What the key does not hold is not known, and never zero.
            let hasPort = set.columns.contains(.targetPort)
            let hasTypes = set.columns.contains(.typeAndCode)
            if !isAnswer {
                #expect(record.key.targetPort == (hasPort ? 443 : hasTypes ? 0 : nil))
                #expect(record.key.icmpType == (hasTypes ? (set.family == .ipv4 ? 8 : 128) : nil))
            }
        }
    }

    @Test(arguments: CountingSet.all + CountingSet.onBridges) func `an element that has counted nothing is no record`(
        set: CountingSet
    ) {
        let element = RuleTable.Element(key: Self.key(set, mark: 1, packetMark: 0))
        #expect(Self.recorder.records(of: element, in: set, Self.span).isEmpty)
        #expect(Self.recorder.unsent(element, in: set, Self.span).isEmpty)
    }

    /// A key of another release, or of bytes that somebody else wrote, must trap nowhere.
    @Test(arguments: CountingSet.all + CountingSet.onBridges) func `a key that is cut off is read as far as it goes`(
        set: CountingSet
    ) {
        let whole = Self.key(set, mark: 0x0003_0004, packetMark: EdgeMark.value(5, .ingress, .acl))
        for length in 0..<whole.count {
            let element = RuleTable.Element(key: Array(whole[..<length]), traffic: Self.traffic)
            _ = Self.recorder.records(of: element, in: set, Self.span)
            _ = Self.recorder.unsent(element, in: set, Self.span)
        }
    }

    @Test(arguments: Stage.allCases, Direction.allCases)
    func `a refusal before connection tracking names the rule of its mark`(stage: Stage, direction: Direction) throws {
        for family in AddressFamily.allCases {
            let set = CountingSet.refusedAtEdge(direction, isInside: false, family, .tcp)
            let record = try #require(Self.records(set, packetMark: EdgeMark.value(5, direction, stage)).first)
            #expect(record.stage == stage && record.rule == Estate.rule(5, direction) && record.verdict == .drop)
        }
    }

    @Test func `a rule that is not known is a refusal or an acceptance without a name`() throws {
        let far = UInt32(99_9) << 16 | 999
        let inside = Self.records(.refusedInside(.ipv4, .tcp), mark: far)
        #expect(inside.filter { $0.direction == .egress }.map(\.rule) == [RuleReference.unnamedAccept.id])
        let edge = Self.records(
            .refusedAtEdge(.egress, isInside: false, .ipv4, .tcp), packetMark: EdgeMark.value(999, .egress, .acl))
        #expect(edge.first?.rule == RuleReference.unnamedRefusal.id)
    }

    @Test func `an error is of the rule that admitted its session at that end`() throws {
        for end in CountingSet.SessionEnd.allCases {
            let records = Self.records(.error(to: end, .ipv4, isCoarse: false))
            // To the session's initiator, web opened nothing: it is the target's end, by its ingress rule.
            let atSender: Direction = end == .initiator ? .ingress : .egress
            let atReceiver: Direction = end == .initiator ? .egress : .ingress
            let index = [Direction.egress: UInt16(3), .ingress: 4]
            let rules = Dictionary(records.map { ($0.direction, $0.rule) }) { first, _ in first }
            #expect(rules[.egress] == Estate.rule(index[atSender] ?? 0, atSender))
            #expect(rules[.ingress] == Estate.rule(index[atReceiver] ?? 0, atReceiver))
        }
    }

    @Test func `an error has the revision of its session's beginning, and of a helper's no rule`() throws {
        let set = CountingSet.error(to: .target, .ipv4, isCoarse: false)
        let element = RuleTable.Element(key: Self.key(set, mark: 0x0003_0004, packetMark: 0), traffic: Self.traffic)
        let number = try #require(Recorder.connections([element], in: set).first)
        let later = Estate.begin.advanced(by: .seconds(3)).nanoseconds
        let recorder = Recorder(
            attributor: Estate.attributor(revision: 2, at: later, after: Estate.attributor), books: Books(),
            restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: Estate.begin))
        var entry = Estate.entry(Estate.address(10), Estate.address(11), mark: 0x0003_0004)
        entry.id = number
        for (isExpected, start, revision) in [(false, Estate.begin.nanoseconds, 1), (true, later, 2)] {
            (entry.status, entry.start) = (isExpected ? 1 : 0, start)
            var quoted = QuotedSessions([number])
            #expect(quoted.areWanting)
            quoted.note(entry)
            #expect(!quoted.areWanting)
            let records = recorder.records(of: element, in: set, Self.span, quoted: quoted)
            #expect(records.count == 2 && records.allSatisfy { $0.revision == revision })
            #expect(records.allSatisfy { ($0.rule == RuleReference.unnamedAccept.id) == isExpected })
        }
        #expect(recorder.records(of: element, in: set, Self.span).allSatisfy { $0.revision == 2 })
    }

    @Test(arguments: AddressFamily.allCases, CountingSet.SessionEnd.allCases)
    func `what the host does not send on is as long as the packets that its errors quote`(
        family: AddressFamily, sender: CountingSet.SessionEnd
    ) {
        let set = CountingSet.unsent(from: sender, family)
        let element = RuleTable.Element(
            key: Self.key(set, mark: 0x0003_0004, packetMark: 0, length: 1480), traffic: Self.traffic)
        let found = Self.recorder.unsent(element, in: set, Self.span)
        #expect(found.map(\.interface) == [Estate.web, Estate.app])
        #expect(found.map(\.way) == (sender == .initiator ? [.out, .into] : [.into, .out]))
        #expect(found.allSatisfy { $0.traffic == Traffic(packets: 3, bytes: 3 * 1480) && $0.reason == .notSentOn })
    }

    @Test func `a held device refuses everything as held`() throws {
        for set in [CountingSet.overflow(.refused, .egress), .guarded(.spoof, .egress, .ipv4, .ports)] {
            var key = Self.key(set, mark: 0, packetMark: 0)
            key.replaceSubrange(0..<16, with: Self.text("gh-lost"))
            let records = Self.recorder.records(of: .init(key: key, traffic: Self.traffic), in: set, Self.span)
            #expect(records.map(\.rule) == [GuardRule.held.id] && records.map(\.stage) == [.guard])
            #expect(records.map(\.interface) == [.held("gh-lost")])
        }
    }
}

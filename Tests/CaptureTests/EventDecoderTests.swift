import Attribution
import Model
import Netlink
import Testing

@testable import Capture

/// From a reported packet and the prefix of its rule to an event.
@Suite struct EventDecoderTests {
    private static func packet(
        from source: UInt32 = 10, to target: UInt32 = 11, input: UInt32 = 1, output: UInt32 = 2, mark: UInt32 = 0
    ) -> LoggedPacket {
        var packet = LoggedPacket()
        (packet.inputDevice, packet.outputDevice, packet.mark) = (input, output, mark)
        packet.time = Estate.begin.nanoseconds + 5
        packet.header.isValid = true
        packet.header.sourceLow = UInt64(0x0a01_0000 | source)
        packet.header.targetLow = UInt64(0x0a01_0000 | target)
        (packet.header.transport, packet.header.sourcePort, packet.header.targetPort) = (6, 40_000, 443)
        packet.header.showsPorts = true
        return packet
    }

    private static func event(
        _ packet: LoggedPacket, _ reason: LogPrefix.Reason, _ direction: Direction,
        translated: TranslatedSessions = TranslatedSessions()
    ) -> SessionEvent? {
        ByteView.with([]) { view in
            EventDecoder.event(
                packet, view, LogPrefix(reason: reason, direction: direction), sequence: 7, now: 0,
                attributor: Estate.attributor, translated: translated)
        }
    }

    @Test(arguments: Direction.allCases) func `an acceptance names its rule and its end`(direction: Direction) throws {
        let event = try #require(Self.event(Self.packet(), .accepted(index: 3), direction))
        #expect(event.verdict == .accept && event.stage == .group && event.rule == Estate.rule(3, direction))
        #expect(event.interface == (direction == .egress ? Estate.web : Estate.app))
        #expect(event.revision == 1 && event.sequence == 7 && event.time.nanoseconds == Estate.begin.nanoseconds + 5)
        #expect(event.key.initiator == Estate.address(10) && event.key.targetPort == 443)
        #expect(event.sourceMAC == nil && event.translation == nil)
        let unknown = try #require(Self.event(Self.packet(), .accepted(index: 999), direction))
        #expect(unknown.rule == RuleReference.unnamedAccept.id)
    }

    @Test func `a DHCP client's acceptance is the guard's`() throws {
        let event = try #require(Self.event(Self.packet(), .accepted(index: MarkLayout.dhcpClientIndex), .egress))
        #expect(event.stage == .guard && event.rule == GuardRule.dhcpClient.id)
    }

    @Test(arguments: GuardRule.allCases) func `what the guard decides is the guard's`(rule: GuardRule) throws {
        let event = try #require(Self.event(Self.packet(), .guarded(rule), .egress))
        #expect(event.stage == .guard && event.rule == rule.id)
        #expect((event.verdict == .drop) == rule.refuses)
        // On a held device everything is refused because it is held.
        let held = try #require(Self.event(Self.packet(from: 99, input: 9), .guarded(rule), .egress))
        #expect(held.rule == GuardRule.held.id && held.interface == .held("gh-lost"))
    }

    @Test(arguments: [Stage.acl, .group], Direction.allCases)
    func `a refusal before connection tracking is told at either end under the rule that refused`(
        stage: Stage, direction: Direction
    ) throws {
        for way in Direction.allCases {
            let event = try #require(
                Self.event(Self.packet(), .refusedAtEdge(index: 5, direction, stage), way))
            #expect(event.stage == stage && event.verdict == .drop && event.rule == Estate.rule(5, direction))
            #expect(event.direction == way && event.interface == (way == .egress ? Estate.web : Estate.app))
        }
    }

    @Test func `a default refusal is the interface's own`() throws {
        let event = try #require(Self.event(Self.packet(), .refused, .ingress))
        #expect(event.rule == Estate.attributor.port(deviceNumber: 2)?.ingressRefusal && event.stage == .group)
    }

    @Test func `an answer that is judged for its session is told as that session`() throws {
        // App answers web: the packet goes from app to web, the session from web to app.
        let packet = Self.packet(from: 11, to: 10, input: 2, output: 1, mark: EdgeMark.answer)
        let event = try #require(Self.event(packet, .refused, .egress))
        #expect(event.key.initiator == Estate.address(10) && event.key.target == Estate.address(11))
        #expect(event.key.initiatorPort == 443 && event.key.targetPort == 40_000)
        #expect(event.interface == Estate.web)
    }

    @Test func `a port that the packet does not hold is not known`() throws {
        var packet = Self.packet()
        packet.header.showsPorts = false
        let event = try #require(Self.event(packet, .refused, .egress))
        #expect(event.key.initiatorPort == nil && event.key.targetPort == nil)
    }

    @Test func `a device that is not known is found by the address, and else is no event`() throws {
        let known = try #require(Self.event(Self.packet(input: 55), .refused, .egress))
        #expect(known.interface == Estate.web)
        #expect(Self.event(Self.packet(from: 99, input: 55), .refused, .egress) == nil)
    }

    @Test func `an accepted session that is translated is told as its interface saw it`() throws {
        // Web asked for a published address; the gate saw app's.
        var entry = Estate.entry(Estate.address(10), Estate.address(200), ports: (40_000, 8080), mark: 1)
        entry.reply = Estate.tuple(Estate.address(11), Estate.address(1), 6, 443, 61_000)
        var translated = TranslatedSessions()
        translated.note(entry)
        for direction in Direction.allCases {
            let event = try #require(
                Self.event(Self.packet(), .accepted(index: 3), direction, translated: translated))
            #expect(event.translation == entry.translation)
            #expect(event.key == (direction == .egress ? entry.original.key : entry.keyAtTarget))
            let refused = try #require(Self.event(Self.packet(), .refused, direction, translated: translated))
            #expect(refused.translation == nil && refused.key.target == Estate.address(11))
        }
    }

    @Test func `of translated sessions the newest are kept, within a bound`() {
        var translated = TranslatedSessions(capacity: 100)
        func entry(_ port: UInt16) -> ConnectionEntry {
            var entry = Estate.entry(Estate.address(10), Estate.address(200), ports: (port, 443), mark: 1)
            entry.reply = Estate.tuple(Estate.address(200), Estate.address(1), 6, 443, port)
            return entry
        }
        for port in 1...1000 as ClosedRange<UInt16> {
            translated.note(entry(port))
            #expect(translated.count <= 100)
            #expect(translated[entry(port).judgedKey] == entry(port).translation)
            if port > 50 { #expect(translated[entry(port - 50).judgedKey] != nil) }
        }
        #expect(translated[entry(1).judgedKey] == nil)
        translated.note(Estate.entry(Estate.address(10), Estate.address(200), mark: 1))
        #expect(translated[Estate.entry(Estate.address(10), Estate.address(200), mark: 1).judgedKey] == nil)
    }
}

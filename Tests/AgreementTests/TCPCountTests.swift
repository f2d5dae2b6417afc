import Model
import Netlink
import Rehearsal
import TestSupport
import Testing

/// TCP packets that conntrack lets pass and does not count: each is in the session's entry or in a counting set, once.
@Suite(.serialized) struct TCPCountTests {
    private struct Segment: Sendable {
        var isAnswer = false
        var flags: UInt8
        var sequence: UInt32
        var acknowledgement: UInt32 = 0
        var payload: [UInt8] = []
    }

    private static let syn = Segment(flags: 2, sequence: 1000)
    private static let synACK = Segment(isAnswer: true, flags: 0x12, sequence: 5000, acknowledgement: 1001)
    private static let ack = Segment(flags: 0x10, sequence: 1001, acknowledgement: 5001)
    private static let data = Segment(
        isAnswer: true, flags: 0x18, sequence: 5001, acknowledgement: 1001, payload: [UInt8](repeating: 7, count: 500))
    /// Long before the session's first byte.
    private static let below = Segment(
        isAnswer: true, flags: 0x18, sequence: 5001 &- 2_000_000, acknowledgement: 1001,
        payload: [UInt8](repeating: 7, count: 1000))

    private func send(_ segments: [Segment], _ gate: Gate, port: UInt16 = 40_000) throws {
        let key = FlowKey(
            initiator: Gate.address(Gate.outside), target: Gate.address(0), transport: .tcp, initiatorPort: port,
            targetPort: 80)
        let answer = FlowKey(
            initiator: key.target, target: key.initiator, transport: .tcp, initiatorPort: 80, targetPort: port)
        for segment in segments {
            var shape = HandmadePacket.Shape()
            (shape.sequence, shape.acknowledgement) = (segment.sequence, segment.acknowledgement)
            shape.payload = segment.payload
            try gate.judged.send(
                HandmadePacket(segment.isAnswer ? answer : key, tcpFlags: segment.flags, shape: shape),
                from: segment.isAnswer ? 0 : Gate.outside)
        }
    }

    private struct Course: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let segments: [Segment]
    }

    private static let courses: [Course] = [
        Course(testDescription: "a handshake", segments: [syn, synACK, ack, data, ack]),
        Course(testDescription: "a SYN sent again", segments: [syn, syn, syn, synACK, ack]),
        Course(testDescription: "a SYN-ACK sent again", segments: [syn, synACK, synACK, synACK, ack, data]),
        Course(testDescription: "a SYN-ACK after the session stands", segments: [syn, synACK, ack, synACK, synACK]),
        Course(testDescription: "a SYN within a session", segments: [syn, synACK, ack, syn, syn, data]),
        Course(
            testDescription: "a target that holds a session of old",
            segments: [
                syn, Segment(isAnswer: true, flags: 0x10, sequence: 77_000, acknowledgement: 9), syn, synACK, synACK,
                ack,
            ]),
        Course(
            testDescription: "a SYN-ACK with other numbers each time",
            segments: [syn, synACK]
                + (1...9).map {
                    Segment(isAnswer: true, flags: 0x12, sequence: 5000 + $0 * 777, acknowledgement: 1001 + $0)
                }),
        Course(testDescription: "segments below the window", segments: [syn, synACK, ack, below, below, below, data]),
    ]

    @Test(.kernel, arguments: courses)
    private func `each packet of a course is counted once`(course: Course) throws {
        let gate = try Gate("t1")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress tcp/80 from any"]])
        let before = try gate.judged.counters().values.reduce(0, +)
        try send(course.segments, gate)
        let passed = try gate.judged.counters().values.reduce(0, +) - before
        #expect(passed == UInt64(course.segments.count))
        let tracked = try gate.judged.sessions().filter { $0.mark != 0 }.map {
            $0.fromOriginal.packets + $0.fromReply.packets
        }.reduce(0, +)
        let counted = try gate.judged.countedRecords().map { $0.fromInitiator.packets + $0.fromTarget.packets }
            .reduce(0, +)
        let sets = try gate.counted()
        #expect(tracked + counted == passed, "conntrack \(tracked), sets \(sets)")
    }

    @Test(.kernel) func `the same port again within two minutes is counted by its entries alone`() throws {
        let gate = try Gate("t2")
        defer { gate.remove() }
        try gate.enforce([0: ["ingress tcp/80 from any"]])
        for _ in 0..<19 {
            try send([Self.syn, Self.synACK, Self.ack, Segment(flags: 4, sequence: 1001)], gate)
            for entry in try gate.judged.sessions() { try gate.judged.forget(entry) }
        }
        #expect(try gate.counted() == [])
    }
}

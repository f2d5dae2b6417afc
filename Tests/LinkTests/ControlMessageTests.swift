import Link
import Model
import Testing

/// What commands and agents say to each other, as bytes.
@Suite struct ControlMessageTests {
    private static let policy = Policy(project: "p", vpcs: [], collectors: [])
    private static let revision = Revision.none.next(
        policy: policy, actor: "ada", origin: "file", at: Timestamp(seconds: 1))

    private static let requests: [ControlRequest] = [
        .apply(policy: policy, origin: "a \"b\" \u{1}", sessions: .cutAfter(seconds: 1.5)),
        .adopt(revision: revision, sessions: .drain), .outlook(policy: policy), .release(device: "gh-x"), .status,
        .books(settleSeconds: 3), .flush, .stop,
    ]

    private static var responses: [ControlResponse] {
        var status = AgentStatus()
        status.problems = ["a: b"]
        status.lastDrift = "the table is gone"
        return [
            .receipt(
                Receipt(
                    revision: 1, host: "h", actor: "ada", appliedAt: Timestamp(seconds: 1), method: "whole",
                    microseconds: 2, cutSessions: 3, missingDevices: ["gh-x"])),
            .outlook(DeviceOutlook(missing: ["gh-x"], notEnforced: [], held: [])), .status(status),
            .books(BooksReport(at: Timestamp(seconds: 1), lines: [])), .done, .failed("no"),
        ]
    }

    @Test func `every message comes back, and the same bytes are made of it again`() throws {
        for request in Self.requests {
            let bytes = try ControlCodec.encode(request)
            #expect(try ControlCodec.encode(ControlCodec.decode(bytes, as: ControlRequest.self)) == bytes)
        }
        for response in Self.responses {
            let bytes = try ControlCodec.encode(response)
            #expect(try ControlCodec.encode(ControlCodec.decode(bytes, as: ControlResponse.self)) == bytes)
        }
    }

    @Test func `a message that is cut off or changed is refused, and traps nowhere`() throws {
        for request in Self.requests {
            let bytes = try ControlCodec.encode(request)
            for length in 0..<bytes.count {
                #expect(throws: (any Error).self) {
                    try ControlCodec.decode(Array(bytes[..<length]), as: ControlRequest.self)
                }
            }
            for place in bytes.indices {
                for bit in [1, 0x20, 0x80] as [UInt8] {
                    var changed = bytes
                    changed[place] ^= bit
                    _ = try? ControlCodec.decode(changed, as: ControlRequest.self)
                }
            }
        }
    }

    @Test func `books balance where nothing is unexplained and nothing is pending`() {
        func report(_ packets: Int64, isPending: Bool) -> BooksReport {
            BooksReport(
                at: Timestamp(seconds: 1),
                lines: [
                    .init(
                        interface: "web-1/eth0", way: "out", kernel: .zero, recorded: .zero, open: .zero, lost: .zero,
                        unexplained: .init(packets: packets, bytes: 0), isPending: isPending)
                ])
        }
        #expect(report(0, isPending: false).isBalanced)
        #expect(!report(1, isPending: false).isBalanced && !report(-1, isPending: false).isBalanced)
        #expect(!report(0, isPending: true).isBalanced)
    }

    /// An agent of before leaves out what it does not know.
    @Test func `a receipt and a status without newer fields are read`() throws {
        let receipt = """
            {"actor":"ada","appliedAt":1000000000,"cutSessions":0,"host":"h","method":"whole","microseconds":1,
            "missingDevices":[],"revision":1}
            """
        let read = try ControlCodec.decode(Array(receipt.utf8), as: Receipt.self)
        #expect(read.notEnforced == nil && read.heldDevices == nil && read.awaited == nil)
    }
}

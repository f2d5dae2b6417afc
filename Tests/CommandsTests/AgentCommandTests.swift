import Foundation
import Host
import Link
import Model
import Synchronization
import TestSupport
import Testing

@testable import Commands

@Suite(.ownThread) struct AgentCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    /// Answers one request as an agent would, and keeps it.
    private final class Answerer: Sendable {
        private let requests = Mutex<[ControlRequest]>([])

        init(_ folder: DataFolder, _ response: ControlResponse) throws {
            let socket = try ControlSocket(path: folder.controlSocket)
            let bytes = try ControlCodec.encode(response)
            let number = socket.number
            // The listener is there before the thread: the command may ask at once.
            let held = Mutex(Optional(Holder(socket)))
            Thread.detachNewThread { [self] in
                let socket = held.withLock { $0.take() }
                let deadline = SystemClock.monotonic + 240_000_000_000
                // Until the one client has its answer and is gone.
                var isAsked = false
                while SystemClock.monotonic < deadline, !isAsked || socket?.socket.openConnections != 0 {
                    _ = try? Polling.wait([number], timeoutNanoseconds: 20_000_000)
                    try? socket?.socket.serve { request, _ in
                        if let request: ControlRequest = try? ControlCodec.decode(request) {
                            self.requests.withLock { $0.append(request) }
                        }
                        isAsked = true
                        return bytes
                    }
                }
            }
        }

        var request: ControlRequest? { requests.withLock(\.last) }

        private struct Holder {
            let socket: ControlSocket
            init(_ socket: ControlSocket) { self.socket = socket }
        }
    }

    private func report(pending: Bool = false, unexplained: Int64 = 0) -> ControlResponse {
        let line = BooksReport.Line(
            interface: "web-1/eth0", way: "out", kernel: Traffic(packets: 20, bytes: 2000),
            recorded: Traffic(packets: 14, bytes: 1400), open: Traffic(packets: 5, bytes: 500),
            lost: Traffic(packets: 1, bytes: 100), unexplained: .init(packets: unexplained, bytes: 0),
            isPending: pending)
        var other = line
        other.way = "into"
        other.isPending = false
        other.unexplained = .init(packets: 0, bytes: 0)
        return .books(BooksReport(at: ShopFolder.start, lines: [line, other]))
    }

    @Test func `balanced books are exit code 0`() throws {
        let agent = try Answerer(shop.folder, report())
        let run = try shop.gatehouse("books", "--settle", "7")
        #expect(
            run.output == """
                INTERFACE   WAY      KERNEL   RECORDED       OPEN     LOST  UNEXPLAINED
                web-1/eth0  out   20 / 2000  14 / 1400    5 / 500  1 / 100        0 / 0
                web-1/eth0  into  20 / 2000  14 / 1400    5 / 500  1 / 100        0 / 0
                total             40 / 4000  28 / 2800  10 / 1000  2 / 200        0 / 0
                balanced

                """)
        #expect(run.exit == .code(0))
        guard case .books(settleSeconds: 7) = agent.request else {
            Issue.record("asked \(String(describing: agent.request))")
            return
        }
    }

    @Test func `unexplained packets are exit code 3`() throws {
        let agent = try Answerer(shop.folder, report(unexplained: -2))
        let run = try shop.gatehouse("books", "-o", "jsonl")
        #expect(run.output.hasPrefix("{\"interface\":\"web-1/eth0\",\"way\":\"out\",\"kernel_packets\":20,"))
        #expect(run.output.contains("\"unexplained_packets\":-2,"))
        #expect(run.errors == "NOT balanced\n")
        #expect(run.exit == .code(3))
        #expect(agent.request != nil)
    }

    @Test func `a line that is pending is said`() throws {
        let agent = try Answerer(shop.folder, report(pending: true))
        let run = try shop.gatehouse("books")
        #expect(
            run.errors == "web-1/eth0 out: a loss may still have to be stated; it is known when traffic rests\n")
        #expect(run.output.hasSuffix("NOT balanced\n"))
        #expect(run.exit == .code(3))
        #expect(agent.request != nil)
    }

    @Test func `apply shows its plan before the receipt`() throws {
        let receipt = Receipt(
            revision: 3, host: "gate", actor: "root", appliedAt: ShopFolder.start, method: "elements",
            microseconds: 730, cutSessions: 1, missingDevices: ["gh-db1"])
        let agent = try Answerer(shop.folder, .receipt(receipt))
        let path = try shop.file("shop.yaml", ShopFolder.yaml)
        let run = try shop.gatehouse("apply", "-f", path, "--cut-after", "90s")
        #expect(
            run.output == """
                - rule shop/web: egress tcp/5432 to group:db
                1 rule removed (against revision 2)
                revision 3 by root in the kernel of gate since 2026-11-03 09:55:00.000 (elements, 730 µs)
                1 session cut
                enforced as soon as the device is there: gh-db1

                """)
        guard case .apply(let policy, path, .cutAfter(seconds: 90)) = agent.request else {
            Issue.record("asked \(String(describing: agent.request))")
            return
        }
        #expect(policy.vpcs[0].groups[0].rules.count == 2)
    }

    @Test func `a plan needs no agent`() throws {
        let path = try shop.file("shop.yaml", ShopFolder.wider)
        let run = try shop.gatehouse("apply", "-f", path, "--plan")
        #expect(run.output == "nothing changes (against revision 2)\n")
        #expect(run.exit == .code(0))
    }

    @Test func `a file with problems is refused with all of them`() throws {
        let broken = ShopFolder.yaml.replacing("tcp/443", with: "tcp/99443").replacing("tcp/5432", with: "tpc/5432")
        let run = try shop.gatehouse("apply", "-f", try shop.file("shop.yaml", broken), "--plan")
        #expect(run.errors.split(separator: "\n").count == 2)
        #expect(run.errors.contains("shop.yaml:"))
        #expect(run.output.isEmpty)
        #expect(run.exit == .code(1))
    }

    @Test(arguments: ["status", "books"])
    func `without an agent it says how to start one`(verb: String) throws {
        let run = try shop.gatehouse(verb)
        let folder = shop.folder.path
        #expect(
            run.errors
                == "gatehouse: no agent answers in data folder \(folder): start one with `gatehouse up --data \(folder)`\n"
        )
        #expect(run.exit == .code(1))
    }

    @Test func `what the agent refuses is exit code 1`() throws {
        let agent = try Answerer(shop.folder, .failed("the kernel refused the rules: nft: too many"))
        let run = try shop.gatehouse("status")
        #expect(run.errors == "gatehouse: the kernel refused the rules: nft: too many\n")
        #expect(run.exit == .code(1))
        #expect(agent.request != nil)
    }

    private var status: AgentStatus {
        var status = AgentStatus()
        status.host = "gate"
        status.revision = 2
        status.startedAt = ShopFolder.start
        status.interfaces = ["web-1/eth0", "db-1/eth0"]
        status.socketsAreKept = true
        return status
    }

    // One agent a test: a socket that goes takes its path along.
    @Test func `status reads as a table`() throws {
        let agent = try Answerer(shop.folder, .status(status))
        let table = try shop.gatehouse("status").output
        #expect(table.hasPrefix("host                gate\nrevision            2\n"))
        #expect(table.contains("interfaces          web-1/eth0, db-1/eth0\nattachments         none\n"))
        #expect(table.contains("sockets are kept    yes\n"))
        #expect(agent.request != nil)
    }

    @Test func `status is one object of JSON`() throws {
        let agent = try Answerer(shop.folder, .status(status))
        let json = try shop.gatehouse("status", "-o", "json").output
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["interfaces"] as? [String] == ["web-1/eth0", "db-1/eth0"])
        #expect(object["started_at"] as? String == "2026-11-03T09:55:00.000000Z")
        #expect(agent.request != nil)
    }
}

import Foundation
import Glibc
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// The table goes away under guests that talk: what began meanwhile is judged, what was open is said.
@Suite(.serialized) struct TableGapTests {
    /// A session that says a byte every 50 ms and counts the answers in a file.
    private final class Talk {
        private let process: ChildProcess
        private let path: String

        init(from guest: Guest, to target: IPAddress, _ port: UInt16) throws {
            path = FileManager.default.temporaryDirectory.path + "/talk-\(guest.namespace)-\(port)"
            var options = ChildProcess.Options()
            options.namespace = guest.namespace
            let client = """
                import socket, time
                s = socket.create_connection(("\(target)", \(port)), 5)
                s.settimeout(0.05)
                n = 0
                told = open("\(path)", "w", buffering=1)
                told.write("0\\n")
                for _ in range(2400):
                    try:
                        s.send(b"x")
                        n += len(s.recv(64))
                        told.write(f"{n}\\n")
                    except TimeoutError:
                        pass
                    time.sleep(0.05)
                """
            process = try ChildProcess("python3", ["-c", client], options: options)
        }

        var answers: Int? {
            let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n")
            return lines?.last.flatMap { Int($0) }
        }

        func stop() {
            process.kill()
            try? FileManager.default.removeItem(atPath: path)
        }

        /// Whether a second goes by without an answer.
        func isSilent() throws -> Bool {
            let before = answers
            _ = try Polling.wait([], timeoutNanoseconds: 1_000_000_000)
            return answers == before
        }
    }

    private func echo(_ guest: Guest, _ ports: [Int]) throws -> ChildProcess {
        var options = ChildProcess.Options()
        options.namespace = guest.namespace
        let server = """
            import socketserver
            class Echo(socketserver.BaseRequestHandler):
                def handle(self):
                    while data := self.request.recv(64): self.request.sendall(data)
            class Server(socketserver.ThreadingTCPServer):
                allow_reuse_address = True
            import threading
            servers = [Server(("0.0.0.0", port), Echo) for port in \(ports)]
            for server in servers: threading.Thread(target=server.serve_forever).start()
            """
        return try ChildProcess("python3", ["-c", server], options: options)
    }

    @Test(.kernel) func `what began while the table was away is cut, and the span is said`() throws {
        let agent = try AgentUnderTest("g1")
        defer { agent.remove() }
        for (guest, address) in [("web", "10.1.0.10/24"), ("app", "10.1.0.11/24")] {
            try agent.addGuest(guest, addresses: [address])
        }
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        let server = try echo(try agent.guest("app"), [8080, 2222])
        defer { server.kill() }
        let (web, target) = (try agent.guest("web"), try address("10.1.0.11"))
        try eventually("the server") { try web.probe(target, 8080).isAnswered }
        let admitted = try Talk(from: web, to: target, 8080)
        defer { admitted.stop() }
        try eventually("the admitted session") { (admitted.answers ?? 0) > 3 }
        let pid = try #require(agent.supervisor.process).pid
        kill(pid, SIGSTOP)
        let flushedAt = SystemClock.realtime
        try TestHost.run("nft", "flush", "ruleset", in: agent.host.name)
        let forbidden = try Talk(from: web, to: target, 2222)
        defer { forbidden.stop() }
        try eventually("a session in the gap") { (forbidden.answers ?? 0) > 3 }
        kill(pid, SIGCONT)
        try eventually("the repair") { try agent.status().repairs > 0 }
        let repairedAt = SystemClock.realtime
        #expect(try forbidden.isSilent())
        let before = try #require(admitted.answers)
        try eventually("the admitted session to go on") { (admitted.answers ?? 0) > before + 3 }
        let status = try agent.status()
        let span = try #require(status.unguarded?.last)
        #expect(span.cause == "somebody changed the table inet gatehouse: the table is gone")
        #expect(span.devices.isEmpty)
        #expect(span.since.nanoseconds <= flushedAt)
        #expect(try #require(span.until).nanoseconds <= repairedAt)
        #expect(try #require(span.until).nanoseconds > flushedAt)
        // The forbidden session's events tell that it was refused, at last.
        try eventually("its refusal") {
            try agent.events().contains { $0.targetPort == 2222 && $0.verdict == .drop || $0.sourcePort == 2222 }
        }
        admitted.stop()
        forbidden.stop()
        let books = try agent.books(settle: 30)
        #expect(books.isBalanced, "\(books)")
        let text = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["status", "--data", agent.folder.path, "-o", "json"])
        #expect(text.output.contains("\"unguarded\":[{\"since\":\""))
        try agent.ask(.flush)
        let flows = try ChildProcess.run(
            AgentUnderTest.program("gatehouse"), ["flows", "--data", agent.folder.path, "interface=app/eth0"])
        #expect((flows.output + flows.errors).contains("; unguarded from "), "\(flows)")
    }

    @Test(.kernel) func `a table that goes is back before a second has gone by, again and again`() throws {
        let agent = try AgentUnderTest("g2")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.start()
        try agent.apply(FirstSessionTests.policy)
        for round in 1...3 {
            try TestHost.run("nft", "flush", "ruleset", in: agent.host.name)
            try eventually("repair \(round)", every: 5) { try agent.status().repairs >= round }
        }
        let status = try agent.status()
        #expect(status.lastDrift == "the table is gone")
        #expect(status.unguarded?.count == 3)
    }

}

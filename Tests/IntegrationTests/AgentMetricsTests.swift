import Foundation
import Host
import Link
import TestSupport
import Testing

@Suite(.serialized) struct AgentMetricsTests {
    /// What comes back for some bytes at a port of the agent's loopback.
    private func ask(_ agent: AgentUnderTest, _ text: String) throws -> String {
        try TestHost.run(
            "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464; printf '\(text)' >&3; timeout 2 cat <&3",
            in: agent.host.name, mayFail: true)
    }

    @Test(.kernel) func `what an agent serves as metrics is what the page lists`() throws {
        let agent = try AgentUnderTest("m1", arguments: ["--metrics", "127.0.0.1:9464"])
        defer { agent.remove() }
        try agent.start()
        try agent.apply(
            "project: p\nvpcs: []\nsinks: [{name: s, kind: file, url: \"file:s.jsonl\", send: [audit]}]\n")
        let answer = try ask(agent, #"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"#)
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        let body = answer.split(separator: "\r\n\r\n").last ?? ""
        let served = Set(
            body.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                String($0.prefix { $0 != "{" && $0 != " " })
            })
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/operations.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
        let listed = Set(
            lines.drop { $0 != "### Agent" }.filter { $0.hasPrefix("| `") }.map {
                String($0.dropFirst(3).prefix { $0 != "`" && $0 != "{" })
            })
        #expect(served == listed)
    }

    @Test(.kernel) func `nothing else is answered, and whoever stands still holds nobody up`() throws {
        let agent = try AgentUnderTest("m2", arguments: ["--metrics", "127.0.0.1:9464"])
        defer { agent.remove() }
        try agent.start()
        #expect(try ask(agent, #"GET / HTTP/1.1\r\n\r\n"#).hasPrefix("HTTP/1.1 404"))
        #expect(try ask(agent, #"POST /metrics HTTP/1.1\r\n\r\n"#).hasPrefix("HTTP/1.1 405"))
        #expect(try ask(agent, #"hello\r\n\r\n"#).hasPrefix("HTTP/1.1 400"))
        let silent = try (0..<20).map { _ in
            var options = ChildProcess.Options()
            options.namespace = agent.host.name
            return try ChildProcess(
                "bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/9464; printf 'GET /me' >&3; sleep 20"], options: options)
        }
        defer { for process in silent { process.kill() } }
        let start = SystemClock.monotonic
        for _ in 0..<10 { _ = try agent.status() }
        // One that held the loop up would do so for five seconds, each of them.
        #expect(SystemClock.monotonic - start < 40_000_000_000)
    }
}

import GRDB
import HTTPTypes
import Link
import Model
import Registry
import Service
import Testing

@testable import Server
@testable import Service

/// A host that cannot be told what it must enforce is not forgotten: it is said, counted, and tried again.
@Suite struct UntoldHostTests {
    private func scene() async throws -> (ServerUnderTest, HostService) {
        let server = try await ServerUnderTest()
        _ = try await server.shop()
        try await server.plane.registry.change(by: .system("test", requestID: "req-1")) { change in
            _ = try change.enrol("web-1", certificateSerial: "1")
        }
        let hosts = HostService(
            server.plane.registry, region: ServedRegion(), folder: server.folder + "/hosts", certificates: nil,
            secrets: BucketSecrets(keyFile: server.folder + "/data/secrets.key"))
        return (server, hosts)
    }

    private func protocolText(_ server: ServerUnderTest, _ text: String) async throws {
        try await server.plane.registry.keep { database in
            try database.execute(
                sql: "UPDATE security_group_rule SET protocolText = ? WHERE protocolText IN ('icmp_tcp_udp', 'upd')",
                arguments: [text])
        }
    }

    private func failure(_ server: ServerUnderTest) async throws -> String? {
        try await server.plane.registry.read { try Hosts.named("web-1", in: $0)?.failure }
    }

    @Test func `a rule that cannot be read is the host's failure until it can`() async throws {
        let (server, hosts) = try await scene()
        try await protocolText(server, "upd")
        let stream = try #require(
            try await hosts.stream(
                Call(
                    method: .get, path: ["api", "agent", "stream"], peer: PeerCertificate(name: "web-1", serial: "1"))))
        let words = try #require(try await failure(server))
        #expect(words.hasPrefix("cannot be told: security_group_rule "))
        #expect(words.hasSuffix(#": column protocolText holds "upd", not a protocol"#))
        #expect(hosts.untold == 1)
        #expect(hosts.tellingFailures >= 1)
        try await protocolText(server, "icmp_tcp_udp")
        // Nothing is changed any more: only another try tells the host.
        let running = Task { await hosts.run() }
        defer { running.cancel() }
        var told: Revision?
        for await line in stream.lines {
            if case .revision(let revision) = try ControlCodec.decode(line, as: HostMessage.self) {
                told = revision
                break
            }
        }
        #expect(told?.policy.vpcs.count == 1)
        #expect(hosts.untold == 0)
    }

    @Test func `what is served as metrics is what the page lists`() async throws {
        let (server, _) = try await scene()
        _ = await server.call(.get, "/ready")
        let answer = await server.call(.get, "/metrics")
        let served = Set(
            String(decoding: answer.body, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
                String($0.prefix { $0 != "{" && $0 != " " })
            })
        #expect(served == (try MetricsPage.names(below: "### Control plane")))
    }
}

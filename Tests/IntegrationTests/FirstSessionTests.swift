import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

@Suite(.serialized) struct FirstSessionTests {
    static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - name: web
                rules: [ingress tcp/443 from any, egress tcp/8080 to group:app, ingress icmpv6/128 from any]
              - name: app
                rules: [ingress tcp/8080 from group:web, egress icmpv6 to any, ingress udp/53 from group:web]
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """

    @Test(.kernel) func `sessions are judged, told, recorded, and the books balance`() throws {
        let agent = try AgentUnderTest("f1")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        try agent.start()
        let receipt = try agent.apply(Self.policy)
        #expect(receipt.revision == 1)
        let web = try agent.guest("web")
        let app = try agent.guest("app")
        let servers = try GuestServer(app, [try address("10.1.0.11")], tcp: [8080, 22], udp: [53])
        defer { servers.stop() }
        #expect(try web.tcp(try address("10.1.0.11"), 8080) == .answered(1000))
        #expect(try web.tcp(try address("10.1.0.11"), 22, patience: 300) == .silence)
        #expect(try app.tcp(try address("10.1.0.10"), 443, patience: 300) == .silence)
        // A new device's link-local address is tentative for a second or two; only then are neighbours answered.
        try eventually("an echo") { try app.ping(try address("fd00:1::10"), patience: 2000).isAnswered }
        #expect(try web.udp(try address("10.1.0.11"), 53) == .silence)
        let report = try agent.books(settle: 5)
        #expect(report.isBalanced)
        try agent.ask(.flush)
        let records = try agent.records()
        #expect(records.count { $0.verdict == .drop } == 3)
        // Two sessions at two ends; on a busy machine a SYN may have been sent again, which is a record beside its session's.
        let accepted = records.filter { $0.verdict == .accept }.map { "\($0.interface) \($0.direction) \($0.key)" }
        #expect(Set(accepted).count == 4)
        #expect(records.allSatisfy { $0.revision == 1 })
        let transfer = try #require(
            records.first { $0.key.targetPort == 8080 && $0.direction == .ingress && $0.connection != 0 })
        #expect(transfer.state == .ended)
        #expect(transfer.fromInitiator.packets >= 5)
        let events = try agent.events()
        #expect(events.map(\.verdict.rawValue) == ["accept", "accept", "drop", "drop", "accept", "accept", "drop"])
        #expect(events.allSatisfy { $0.rule != nil && $0.changedBy != nil })
        #expect(try agent.books().isBalanced)
    }
}

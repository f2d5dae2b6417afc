import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// Another table publishes a port and masquerades: event and record of a session tell both sides, and the same.
@Suite(.serialized) struct TranslationTests {
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16, "fd00:1::/48"]
            subnets: [{name: all, cidrs: [10.1.0.0/24, "fd00:1::/64"]}]
            groups:
              - {name: web, rules: [egress any to any]}
              - {name: app, rules: [ingress tcp/80 from any]}
            instances:
              - name: web
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.10, "fd00:1::10"], device: gh-web, groups: [web]}]
              - name: app
                interfaces: [{name: eth0, subnet: all, addresses: [10.1.0.11, "fd00:1::11"], device: gh-app, groups: [app]}]
        """

    /// Who is who in one family.
    private struct Scene: CustomTestStringConvertible, Sendable {
        let label: String
        let web: String
        let app: String
        let outside: String
        /// The host, as the outside and as guests see it.
        let door: String
        let gateway: String
        let guests: String
        var testDescription: String { label }

        func end(_ address: String, _ port: Int) -> String {
            address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
        }
        var family: String { web.contains(":") ? "ip6" : "ip" }

        var table: String {
            """
            table \(family) published {
             chain in {
              type nat hook prerouting priority -100;
              \(family) daddr \(door) tcp dport 8080 dnat to \(end(app, 80))
             }
             chain out {
              type nat hook postrouting priority 100;
              \(family) saddr \(guests) \(family) daddr \(guests) snat to \(gateway)
              \(family) saddr \(guests) oifname up0 snat to \(door)
             }
            }
            """
        }
    }

    private static let scenes = [
        Scene(
            label: "IPv4", web: "10.1.0.10", app: "10.1.0.11", outside: "192.0.2.7", door: "192.0.2.1",
            gateway: "10.1.0.1", guests: "10.1.0.0/24"),
        Scene(
            label: "IPv6", web: "fd00:1::10", app: "fd00:1::11", outside: "2001:db8::7", door: "2001:db8::1",
            gateway: "fd00:1::1", guests: "fd00:1::/64"),
    ]

    private func agent(_ scene: Scene) throws -> (agent: AgentUnderTest, outside: Guest) {
        let agent = try AgentUnderTest("nt")
        try agent.addGuest("web", addresses: ["10.1.0.10/24", "fd00:1::10/64"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24", "fd00:1::11/64"])
        for name in ["web", "app"] {
            try TestHost.run(
                "ip", "-6", "-n", agent.guest(name).namespace, "route", "replace", "default", "via", "fd00:1::1", "dev",
                "eth0", "onlink")
        }
        let outside = try agent.host.addGuest("out", device: "up0", addresses: ["192.0.2.7/24", "2001:db8::7/64"])
        for address in ["192.0.2.1/24", "2001:db8::1/64"] {
            try TestHost.run("ip", "-n", agent.host.name, "addr", "add", address, "dev", "up0", "nodad")
        }
        try agent.start()
        try agent.apply(Self.policy)
        try TestHost.run("nft", scene.table, in: agent.host.name)
        return (agent, Guest(namespace: outside))
    }

    /// `192.0.2.7 > 192.0.2.1:8080`: an initiator's port is the system's own choice.
    private static func text(_ key: FlowKey) -> String {
        "\(key.initiator) > \(key.target) \(key.targetPort.map(String.init) ?? "-")"
    }

    private static func text(_ translation: Translation?) -> [String] {
        translation.map { [text($0.before), text($0.after)] } ?? []
    }

    @Test(.kernel, arguments: scenes)
    private func `event and record of a session name the addresses before and after, and the same`(scene: Scene) throws
    {
        let (agent, outside) = try agent(scene)
        defer { agent.remove() }
        let servers = [
            try GuestServer(try agent.guest("app"), [try address(scene.app)], tcp: [80]),
            try GuestServer(outside, [try address(scene.outside)], tcp: [443]),
        ]
        defer { servers.forEach { $0.stop() } }
        // The agent looks for such tables once a second.
        try eventually("a published port's first event with both sides") {
            guard try outside.tcp(try address(scene.door), 8080).isAnswered else { return false }
            return try agent.events().contains { $0.translation != nil }
        }
        let web = try agent.guest("web")
        #expect(try web.tcp(try address(scene.outside), 443).isAnswered)
        #expect(try web.tcp(try address(scene.door), 8080).isAnswered)
        #expect(try !web.tcp(try address(scene.door), 8081, patience: 300).isAnswered)
        try agent.ask(.flush)
        let (web1, app1) = (scene.web, scene.app)
        let wanted: [(interface: String, way: Direction, sides: [String])] = [
            ("app/eth0", .ingress, ["\(scene.outside) > \(scene.door) 8080", "\(scene.outside) > \(app1) 80"]),
            ("web/eth0", .egress, ["\(web1) > \(scene.outside) 443", "\(scene.door) > \(scene.outside) 443"]),
            ("web/eth0", .egress, ["\(web1) > \(scene.door) 8080", "\(scene.gateway) > \(app1) 80"]),
            ("app/eth0", .ingress, ["\(web1) > \(scene.door) 8080", "\(scene.gateway) > \(app1) 80"]),
        ]
        let names = Dictionary(
            try agent.policy(Self.policy).vpcs.flatMap(\.instances).flatMap { instance in
                instance.interfaces.map { ($0.id, "\(instance.name)/\($0.name)") }
            }
        ) { first, _ in first }
        let records = try agent.records()
        for want in wanted {
            let event = try #require(
                agent.events().last { $0.label == want.interface && Self.text($0.translation) == want.sides },
                "no event of \(want)")
            #expect(event.direction == want.way)
            let own = records.filter { record in
                names[record.interface] == want.interface && record.direction == want.way
                    && record.translation == event.translation
            }
            #expect(own.count >= 1, "no record of \(want)")
            for record in own {
                #expect(record.key.initiator == event.source && record.key.target == event.target)
                #expect(record.key.targetPort == event.targetPort && record.rule == event.ruleID)
            }
        }
        // What nobody translated has no sides, in neither.
        #expect(try agent.events().filter { $0.targetPort == 8081 }.allSatisfy { $0.translation == nil })
        #expect(try agent.books(settle: 20).isBalanced)
        try showsBoth(agent, scene, try #require(records.last { Self.text($0.translation) == wanted[2].sides }))
    }

    /// The commands show both sides, find a session by either, and explain it as it was judged.
    private func showsBoth(_ agent: AgentUnderTest, _ scene: Scene, _ record: FlowRecord) throws {
        func gatehouse(_ words: String...) throws -> String {
            let output = try ChildProcess.run(
                AgentUnderTest.program("gatehouse"), words + ["--data", agent.folder.path])
            #expect(output.exit == .code(0), "\(output.errors)")
            return output.output
        }
        for verb in ["flows", "events"] {
            let ends = verb == "flows" ? ("initiator", "target") : ("src", "dst")
            for target in [scene.door, scene.app] {
                let json = try gatehouse(verb, "interface=web", "dst=\(target)", "dport=80", "-o", "json")
                #expect(json.contains("\"pre_nat_\(ends.1)_ip\":\"\(scene.door)\""), "\(verb) \(target): \(json)")
                #expect(json.contains("\"post_nat_\(ends.0)_ip\":\"\(scene.gateway)\""))
                #expect(json.contains("\"post_nat_\(ends.1)_port\":80"))
            }
            #expect(try gatehouse(verb, "interface=web").contains("\(scene.door) [\(scene.end(scene.app, 80))]"))
        }
        let told = try gatehouse("explain", "--flow", "\(record.sequence)")
        #expect(told.contains("ingress tcp/80 from any"), "\(told)")
    }
}

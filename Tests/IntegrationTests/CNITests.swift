import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// `gatehouse-cni` behind Debian's own plugins, called as a runtime calls them.
@Suite(.serialized) struct CNITests {
    private static func pods(_ labels: String) -> [String] { labels.split(separator: " ").map { "shop.\($0)/eth0" } }

    private func prepare(_ label: String, bridge: String?) throws -> AgentUnderTest {
        let agent = try AgentUnderTest(label)
        try agent.start()
        try agent.apply(ThreeTiers.policy(bridge: bridge))
        return agent
    }

    @Test(.kernel, arguments: [("1.0.0", "bridge"), ("0.4.0", "ptp")])
    func `three tiers of pods are judged when ADD returns, also on their second day`(
        version: String, plugin: String
    ) throws {
        let agent = try prepare(plugin == "ptp" ? "cp" : "cb", bridge: plugin == "ptp" ? nil : "cni0")
        defer { agent.remove() }
        let runtime = CNIRuntime(agent, version: version, plugin: plugin)
        defer { runtime.remove() }
        let web = try runtime.add("web-1", address: ThreeTiers.web, groups: "web", ports: [(8443, 443)])
        let app = try runtime.add("app-1", address: ThreeTiers.app, groups: "app")
        // The moment ADD returns is the moment that it is judged.
        #expect(try agent.interfaces().filter(\.isInForce).map(\.interface).sorted() == Self.pods("app-1 web-1"))
        let db = try runtime.add("db-1", address: ThreeTiers.db, groups: "db")
        let tiers = ThreeTiers(agent, web: "shop.web-1", app: "shop.app-1", db: "shop.db-1")
        try tiers.expectJudged(web: web, app: app, db: db)
        // portmap's published port, from beyond.
        let space = try agent.host.addGuest(
            "out", device: "outside", addresses: ["198.51.100.7/24"], gateways: ["198.51.100.1"])
        try TestHost.run("ip", "-n", agent.host.name, "addr", "add", "198.51.100.1/24", "dev", "outside")
        let server = try GuestServer(web, [try address(ThreeTiers.web)], tcp: [443])
        try eventually("the published port") {
            try Guest(namespace: space).tcp(try address("198.51.100.1"), 8443, patience: 2000).isAnswered
        }
        server.stop()
        try tiers.expectTold()
        for pod in ["web-1", "app-1", "db-1"] { #expect(try runtime.call("CHECK", pod).code == 0) }
        // What is taken down is let go of, and comes again as it was.
        try runtime.delete("app-1")
        #expect(try agent.interfaces().map(\.interface).filter { !$0.isEmpty }.sorted() == Self.pods("db-1 web-1"))
        let again = try runtime.add("app-1", address: ThreeTiers.app, groups: "app")
        // It has another MAC, which its neighbour would find out within a minute by itself.
        try TestHost.run("ip", "-n", web.namespace, "neigh", "flush", "dev", "eth0")
        try tiers.expectJudged(web: web, app: again, db: db)
        #expect(try agent.books(settle: 30).isBalanced)
        #expect(try agent.status().problems == [])
    }

    @Test(.kernel) func `the page's list judges a pod by the groups that it names`() throws {
        let page = try GuidePage("cni")
        let agent = try AgentUnderTest("cg")
        defer { agent.remove() }
        try agent.start()
        try agent.apply(try page.policy)
        let text = try page.block("json").replacing("/var/lib/gatehouse", with: agent.folder.path)
        let whole = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        var list = try #require(whole["plugins"] as? [[String: Any]])
        var addresses = try #require(list[0]["ipam"] as? [String: Any])
        // Not in the machine's own folder of leases.
        addresses["dataDir"] = agent.folder.path + "-cni"
        list[0]["ipam"] = addresses
        let runtime = CNIRuntime(agent, version: try #require(whole["cniVersion"] as? String), list: list)
        defer { runtime.remove() }
        try runtime.add("app-1", address: "", groups: nil)
        try runtime.add("web-1", address: "", groups: "web,allow_ssh")
        let states = try agent.interfaces().filter(\.isInForce)
        #expect(states.first { $0.interface == "shop.app-1/eth0" }?.groups == ["app"])
        #expect(states.first { $0.interface == "shop.web-1/eth0" }?.groups == ["web", "allow_ssh"])
    }

    @Test(.kernel) func `a pod that begins with its first instant sends nothing that is refused`() throws {
        let agent = try prepare("cs", bridge: "cni0")
        defer { agent.remove() }
        let runtime = CNIRuntime(agent, version: "1.0.0", plugin: "bridge")
        defer { runtime.remove() }
        let db = try runtime.add("db-1", address: ThreeTiers.db, groups: "db")
        let server = try GuestServer(db, [try address(ThreeTiers.db)], tcp: [5432], udp: [9])
        defer { server.stop() }
        let before = try runtime.received("db-1")
        // Its program runs before the runtime has called anything, and knows its neighbour.
        let mac = try runtime.mac("db-1")
        let flood = try runtime.flood("web-1", from: ThreeTiers.web, to: ThreeTiers.db, mac: mac)
        defer { flood.stop() }
        _ = try runtime.add("web-1", address: ThreeTiers.web, groups: "web")
        _ = try Polling.wait([], timeoutNanoseconds: 500_000_000)
        #expect(try #require(UInt64(try flood.ask("sent"))) > 100)
        let after = try runtime.received("db-1")
        #expect(after - before < 10, "only what a link itself needs: \(after - before) packets came")
        try eventually("the refusals") {
            try agent.events().contains { $0.instance == "shop.web-1" && $0.verdict == .drop && $0.targetPort == 9 }
        }
    }

    @Test(.kernel)
    func `what is refused, and an agent that is away, are CNI's errors; DEL succeeds and is taken up later`()
        throws
    {
        let agent = try prepare("ce", bridge: "cni0")
        defer { agent.remove() }
        let runtime = CNIRuntime(agent, version: "1.0.0", plugin: "bridge")
        defer { runtime.remove() }
        #expect(try runtime.status().code == 0)
        let bad = try runtime.tryAdd("bad", address: "10.77.0.40", groups: "sever")
        #expect(bad.code == 1 && bad.output.contains("\"code\":100") && bad.output.contains("sever"), "\(bad.output)")
        _ = try runtime.add("web-1", address: ThreeTiers.web, groups: "web")
        _ = try runtime.add("app-1", address: ThreeTiers.app, groups: "app")
        try agent.supervisor.stop()
        let away = try runtime.tryAdd("db-1", address: ThreeTiers.db, groups: "db")
        #expect(away.code == 1 && away.output.contains("\"code\":11"), "\(away.output)")
        let status = try runtime.status()
        #expect(status.code == 1 && status.output.contains("\"code\":50"), "\(status.output)")
        // The plugin alone is asked: its device is there still when the agent is back.
        #expect(try runtime.call("DEL", "web-1").code == 0)
        try agent.start()
        #expect(try agent.interfaces().contains { $0.interface == "shop.web-1/eth0" })
        #expect(try runtime.status().code == 0)
        #expect(try !agent.interfaces().contains { $0.interface == "shop.web-1/eth0" })
        #expect(try runtime.call("CHECK", "web-1").output.contains("\"code\":101"))
        // What nobody named among the living is let go of.
        #expect(try runtime.collect(valid: []).code == 0)
        #expect(try !agent.interfaces().contains { !$0.interface.isEmpty })
    }
}

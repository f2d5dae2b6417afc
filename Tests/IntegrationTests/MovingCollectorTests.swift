import Foundation
import Gzip
import Host
import Link
import Model
import Rehearsal
import Spools
import TestSupport
import Testing

/// Collectors that are changed while traffic flows, on the real kernel.
@Suite(.serialized) struct MovingCollectorTests {
    private static func policy(_ finer: String) -> String {
        FirstSessionTests.policy + """

            collectors:
              - {name: all, target: vpc/shop, bucket: "file:coarse"}
              \(finer)
              - {name: keeper, target: instance/shop/app, bucket: "file:fine"}
            """
    }

    private static let active = #"- {name: finer, target: interface/shop/web/eth0, bucket: "file:fine"}"#
    private static let suspended =
        #"- {name: finer, target: interface/shop/web/eth0, bucket: "file:fine", active: false}"#

    /// Initiator ports of web's own sessions, by bucket, each as often as it is told.
    private func delivered(_ agent: AgentUnderTest) throws -> [String: [Int]] {
        let web = Identifier<Interface>(derivedFrom: "interface", "shop", "shop", "web", "eth0")
        var found: [String: [Int]] = [:]
        for bucket in ["coarse", "fine"] {
            let folder = "\(agent.folder.path)/\(bucket)"
            for path in files(below: folder) where path.hasSuffix(".gz") && path.contains("\(web)/record-type=egress") {
                let content = try Gzip.decompress(try bytes("\(folder)/\(path)"), limit: 1 << 24)
                let object = try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
                let logs = try #require(object["flow_logs"] as? [[String: Any]])
                found[bucket, default: []] += logs.filter { $0["was_initiated"] as? Bool == true }.compactMap {
                    $0["initiator_port"] as? Int
                }
            }
        }
        return found
    }

    private func wait(
        _ what: String, _ agent: AgentUnderTest, until isTrue: ([String: [Int]]) -> Bool
    ) throws {
        try eventually("\(what), not \((try? delivered(agent)) ?? [:])") {
            try isTrue(delivered(agent))
        }
    }

    @Test(.kernel) func `each session is in the bucket that owned its interface when it was recorded`() throws {
        let agent = try AgentUnderTest("mc", window: 600)
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080])
        defer { servers.stop() }
        let web = try agent.guest("web")
        // All within one capture window of ten minutes.
        let steps = ["", Self.active, Self.suspended, Self.active, ""]
        for step in steps {
            try agent.apply(Self.policy(step))
            // A suspended collector's records leave at once; a deleted one's that were not sent go with it.
            if step == Self.suspended { try wait("four sessions", agent) { $0["fine", default: []].count >= 4 } }
            for _ in 0..<4 { #expect(try web.tcp(try address("10.1.0.11"), 8080) == .answered(1000)) }
        }
        try agent.ask(.flush)
        try wait("eight sessions", agent) { $0["coarse", default: []].count >= 8 }
        let found = try delivered(agent)
        // The kernel numbers ports as sessions are opened: which session is which shows in the records.
        let web0 = Identifier<Interface>(derivedFrom: "interface", "shop", "shop", "web", "eth0")
        let records = try agent.records().filter { $0.interface == web0 && $0.direction == .egress }
        var seen: Set<UInt64> = []
        let sessions = records.filter { seen.insert($0.connection).inserted }.sorted {
            $0.connectionStart < $1.connectionStart
        }
        let ports = sessions.map { Int($0.key.initiatorPort ?? 0) }
        try #require(ports.count == 20)
        #expect(found["coarse"]?.sorted() == (ports[0..<4] + ports[16..<20]).sorted())
        #expect(found["fine"]?.sorted() == ports[4..<8].sorted())
        #expect(try agent.status().problems == [])
    }

    /// Collectors on four scopes, each there or not, active or suspended.
    private struct RandomCollectors {
        private static let targets = ["vpc/shop", "subnet/shop/all", "instance/shop/web", "interface/shop/web/eth0"]
        /// Of each target: nil is no collector, else whether it is active.
        var states: [Bool?]

        init(_ random: inout SplitMix64) { states = Self.targets.map { _ in random.pick([nil, true, true, false]) } }

        /// The bucket that has web's records: that of the finest there is, unless it is suspended.
        var owner: String? {
            states.lastIndex { $0 != nil }.flatMap { states[$0] == true ? Self.bucket($0) : nil }
        }

        var yaml: String {
            let own = zip(Self.targets, states).enumerated().compactMap { index, item in
                item.1.map {
                    #"{name: c\#(index), target: \#(item.0), bucket: "file:\#(Self.bucket(index))", active: \#($0)}"#
                }
            }
            // Buckets stay somebody's when a collector goes.
            let keeper = #"{name: keeper, target: instance/shop/app, bucket: "file:coarse"}"#
            return FirstSessionTests.policy + "\ncollectors: [\((own + [keeper]).joined(separator: ", "))]\n"
        }

        func drops(_ next: RandomCollectors) -> Bool {
            zip(states, next.states).contains { $0 != nil && $1 == nil }
        }

        private static func bucket(_ index: Int) -> String { index % 2 == 0 ? "coarse" : "fine" }
    }

    @Test(.kernel) func `whatever collectors do, a session is in its owner's bucket and in no other`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let agent = try AgentUnderTest("mr", window: 600)
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        let servers = try GuestServer(try agent.guest("app"), [try address("10.1.0.11")], tcp: [8080])
        defer { servers.stop() }
        var present = RandomCollectors(&random)
        var owners: [String?] = []
        func waitForAll() throws {
            try agent.ask(.flush)
            try wait("\(owners), seed \(seed)", agent) {
                $0.values.reduce(0) { $0 + Set($1).count } >= owners.count { $0 != nil }
            }
        }
        try agent.apply(present.yaml)
        for _ in 0..<14 {
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                #expect(try agent.guest("web").tcp(try address("10.1.0.11"), 8080) == .answered(1000))
                owners.append(present.owner)
            }
            let next = RandomCollectors(&random)
            // What is not sent goes with its collector.
            if present.drops(next) { try waitForAll() }
            try agent.apply(next.yaml)
            present = next
        }
        try waitForAll()
        let wanted = try Self.wanted(agent, owners)
        let found = try delivered(agent)
        for bucket in ["coarse", "fine"] {
            #expect(
                found[bucket, default: []].sorted() == wanted[bucket, default: []].sorted(),
                "\(bucket), seed \(seed): \(owners)")
        }
    }

    /// Initiator ports of web's own records by the bucket that is to have them, when its sessions had these owners as they began.
    ///
    /// A session's last packets may come after the window that it began in, and are the next one's record.
    private static func wanted(_ agent: AgentUnderTest, _ owners: [String?]) throws -> [String: [Int]] {
        let web = Identifier<Interface>(derivedFrom: "interface", "shop", "shop", "web", "eth0")
        let records = try agent.records().filter { $0.interface == web && $0.direction == .egress }
        var first: [UInt64: FlowRecord] = [:]
        for record in records where first[record.connection] == nil { first[record.connection] = record }
        let sessions = first.values.sorted { $0.connectionStart < $1.connectionStart }
        try #require(sessions.count == owners.count)
        let byWindow = Dictionary(zip(sessions.map(\.windowStart), owners)) { first, _ in first }
        var wanted: [String: [Int]] = [:]
        for record in records {
            // A window in which nothing began was closed by a flush, which changes no owner.
            let window = byWindow.keys.filter { $0 <= record.windowStart }.max()
            guard let owner = window.flatMap({ byWindow[$0] }) ?? nil else { continue }
            wanted[owner, default: []].append(Int(record.key.initiatorPort ?? 0))
        }
        return wanted
    }

    @Test(.kernel) func `a change that moves nothing does not close the window`() throws {
        let agent = try AgentUnderTest("mn", window: 600)
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.start()
        try agent.apply(Self.policy(""))
        try agent.apply(Self.policy("").replacing("ingress tcp/443 from any", with: "ingress tcp/444 from any"))
        let reader = SpoolReader(folder: agent.folder.spool)
        let before = try reader.closedInstants().count
        try agent.apply(Self.policy("").replacing("ingress tcp/443 from any", with: "ingress tcp/445 from any"))
        #expect(try reader.closedInstants().count == before)
        try agent.apply(Self.policy(Self.active))
        #expect(try reader.closedInstants().count == before + 1)
    }
}

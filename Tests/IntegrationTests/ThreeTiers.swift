import Host
import Link
import Model
import Records
import Rehearsal
import TestSupport
import Testing

/// The three tiers of the shop as guests of another program, on one bridge: what is allowed, refused, told and counted.
struct ThreeTiers {
    static let web = "10.77.0.10"
    static let app = "10.77.0.11"
    static let db = "10.77.0.12"

    /// Groups, and no instance: those are attached.
    static func policy(bridge: String?, subnet: String = "10.77.0.0/24", instances: String = "[]") -> String {
        """
        project: shop
        \(bridge.map { "bridges: [{name: \($0), unknown: refuse}]" } ?? "")
        vpcs:
          - name: shop
            cidrs: [10.77.0.0/16]
            subnets: [{name: tiers, cidr: \(subnet)}]
            groups:
              - name: web
                rules: [ingress tcp/443 from any, egress tcp/8080 to group:app]
              - name: app
                rules: [ingress tcp/8080 from group:web, egress tcp/5432 to group:db]
              - name: db
                rules: [ingress tcp/5432 from group:app]
              - name: client
                rules: [egress tcp/443 to group:web, egress tcp/8443 to 10.77.0.1]
            instances: \(instances)
        """
    }

    let agent: AgentUnderTest
    /// By tier: its instance's name, and where it is now.
    let instances: [String: String]

    init(_ agent: AgentUnderTest, web: String = "web-1", app: String = "app-1", db: String = "db-1") {
        self.agent = agent
        instances = ["web": web, "app": app, "db": db]
    }

    func expectInForce(_ labels: [String], sourceLocation: SourceLocation = #_sourceLocation) throws {
        try eventually("\(labels) in force: \(String(describing: try? agent.interfaces()))") {
            let states = try agent.interfaces()
            return labels.allSatisfy { label in states.contains { $0.interface == label && $0.isInForce } }
        }
    }

    /// Allowed works, refused is refused.
    func expectJudged(
        web: Guest, app: Guest, db: Guest, gap: Int32 = 400, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (web4, app4, db4) = (try address(Self.web), try address(Self.app), try address(Self.db))
        let servers = [
            try GuestServer(web, [web4], tcp: [443, 22]), try GuestServer(app, [app4], tcp: [8080, 22]),
            try GuestServer(db, [db4], tcp: [5432, 22]),
        ]
        defer { servers.forEach { $0.stop() } }
        // Who asked while it was refused waits for the answer of the neighbour.
        try eventually("web reaches app") { try web.tcp(app4, 8080, patience: 2000).isAnswered }
        try eventually("app reaches db") { try app.tcp(db4, 5432, patience: 2000).isAnswered }
        for (guest, target, port, what) in [
            (web, db4, 5432, "web past app"), (web, app4, 22, "web to app's SSH"), (app, db4, 22, "app to db's SSH"),
            (db, app4, 8080, "db to app"), (app, web4, 443, "app to web"),
        ] as [(Guest, IPAddress, UInt16, String)] {
            #expect(
                try !guest.tcp(target, port, patience: gap).isAnswered, Comment(rawValue: what),
                sourceLocation: sourceLocation)
        }
    }

    /// Events name the instances, and the books balance.
    func expectTold(sourceLocation: SourceLocation = #_sourceLocation) throws {
        try eventually("the events") {
            let events = try agent.events()
            func has(_ tier: String, _ verdict: Verdict, _ port: UInt16) -> Bool {
                events.contains {
                    $0.instance == instances[tier] && $0.verdict == verdict && $0.targetPort == port
                }
            }
            return has("web", .accept, 8080) && has("app", .accept, 8080) && has("app", .accept, 5432)
                && has("db", .accept, 5432) && has("web", .drop, 5432) && has("db", .drop, 8080)
        }
        let report = try agent.books(settle: 30)
        #expect(report.isBalanced, "\(report.lines)", sourceLocation: sourceLocation)
        for tier in instances.values {
            #expect(
                report.lines.contains { $0.interface == "\(tier)/eth0" && $0.way == "out" && $0.kernel.packets > 3 },
                "\(tier)", sourceLocation: sourceLocation)
        }
    }
}

/// A program of ours that runs in the host of a test until it is stopped, and what it said.
final class RunningProgram {
    private let process: ChildProcess
    private let path: String

    init(_ words: [String], on agent: AgentUnderTest) throws {
        path = agent.folder.path + "-talk"
        let file = try DurableFile.create(path)
        var options = ChildProcess.Options()
        options.namespace = agent.host.name
        options.diesWithParent = true
        options.standard = [nil, file.number, file.number]
        process = try ChildProcess(AgentUnderTest.program(words[0]), Array(words.dropFirst()), options: options)
    }

    var said: String { String(decoding: (try? DurableFile.read(path)) ?? [], as: UTF8.self) }

    /// Asks it to end; its exit code.
    @discardableResult
    func stop() throws -> Int32? {
        process.terminate()
        let exit = try process.wait()
        try? DurableFile.remove(path)
        if case .code(let code) = exit { return code }
        return nil
    }
}

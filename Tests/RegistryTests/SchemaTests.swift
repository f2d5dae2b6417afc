import Foundation
import GRDB
import Model
import Registry
import TestSupport
import Testing

@Suite struct SchemaTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
    private static let newest = fixtures.appending(path: "schema-11.sql")

    /// A released schema never changes: a new version is a new migration. `GATEHOUSE_RECORD=1` writes the sample anew.
    @Test func `the tables are those of the committed sample`() async throws {
        let test = try RegistryUnderTest()
        let made = try await test.registry.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
        }.map { $0 + ";\n" }.joined()
        if ProcessInfo.processInfo.environment["GATEHOUSE_RECORD"] == "1" {
            try made.write(to: Self.newest, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.newest, encoding: .utf8) == made)
    }

    /// A registry as a version left it: its sample's tables, some objects and their history.
    private func open(
        version: Int, doing more: String = "", _ body: (PastState, PastState, Registry) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-old-\(UUID().uuidString).sqlite"
        defer { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }
        let old = try DatabaseQueue(path: path)
        let tables = try String(contentsOf: Self.fixtures.appending(path: "schema-\(version).sql"), encoding: .utf8)
        let objects = try String(contentsOf: Self.fixtures.appending(path: "objects-\(version).sql"), encoding: .utf8)
        try await old.write { database in
            // Indexes and triggers come before their tables in the sample's order of names.
            let statements = tables.components(separatedBy: ";\nCREATE ").map {
                $0.hasPrefix("CREATE ") ? $0 : "CREATE " + $0
            }
            let ordered = statements.sorted { $0.hasPrefix("CREATE TABLE") && !$1.hasPrefix("CREATE TABLE") }
            for statement in ordered { try database.execute(sql: statement) }
            try database.execute(sql: objects + more)
        }
        try old.close()
        let registry = try Registry(path: path)
        let (present, past) = try await registry.read { (try PastState(present: $0), try PastState(at: 1, in: $0)) }
        #expect(present == past)
        try await body(present, past, registry)
    }

    @Test func `a registry of the first version opens with its present and its past`() async throws {
        try await open(version: 1) { present, _, _ in
            #expect(present.vpcs.map(\.name) == ["old"])
            #expect(present.groups.map(\.vpcID) == [nil])
            #expect(present.rules.map(\.edition) == [nil])
            #expect(present.subnets.map(\.cidr) == ["10.9.0.0/24"])
            #expect(present.interfaces.map(\.virtual) == [nil])
        }
    }

    @Test func `a registry of the second version opens with its collectors' formats`() async throws {
        try await open(version: 2) { present, _, _ in
            #expect(present.collectors.map(\.name) == ["plain", "wide"])
            #expect(present.collectors.map(\.flowLogFormat) == [.ibm, .ibmPlus])
            #expect(present.collectors.map(\.interval) == [300, 300])
            #expect(present.buckets.map(\.projects) == [[]])
        }
    }

    @Test
    func
        `a registry of the third version opens with its trail whole, and acts that were stored with each entry are shared`()
        async throws
    {
        try await open(version: 3) { _, _, registry in
            let (entries, soundness, acts) = try await registry.read { database in
                (
                    try AuditQuery().entries(in: database), try AuditTrail.verify(database),
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM audit_act")
                )
            }
            #expect(
                entries.map(\.action) == ["network.create"] + Array(repeating: "security_group.rule.add", count: 2) + [
                    "login"
                ])
            #expect(entries.map(\.targetName) == ["old", "g", "nic", ""])
            #expect(entries[2].after == #"{"portMin":22}"#)
            #expect(entries[3].reason == "the credentials are not right")
            #expect(acts == 3)
            #expect(soundness.faults.isEmpty && soundness.entries == 4)
            #expect(soundness.last == "1102c44f7a140088e716c9b0f4195959585ee33d5e554a635617677b32f0b8d3")
            try await registry.note(AuditNote(action: "login"), by: .system("login", requestID: "req-4"))
            let longer = try await registry.read { try AuditTrail.verify($0) }
            #expect(longer.faults.isEmpty && longer.entries == 5)
        }
    }

    @Test func `a trail that was cut before its registry was brought up to date still shows it`() async throws {
        let cut = "DROP TRIGGER audit_is_not_deleted; DELETE FROM audit WHERE sequence = 4;"
        try await open(version: 3, doing: cut) { _, _, registry in
            let soundness = try await registry.read { try AuditTrail.verify($0) }
            #expect(soundness.open.map(\.reason) == ["entry 4 is missing"])
            // What comes later takes no number twice: it still shows, and can be sealed.
            try await registry.note(AuditNote(action: "login"), by: .system("login", requestID: "req-4"))
            let later = try await registry.read { try AuditTrail.verify($0) }
            #expect(later.open.map(\.reason) == ["entry 4 is missing"])
            _ = try await registry.change(by: .system("audit.seal", requestID: "req-5")) { change in
                try change.sealTrail(later, reason: "an old disk")
            }
            #expect(try await registry.read { try AuditTrail.verify($0) }.isSound)
        }
    }

    @Test func `a registry of the fourth version opens with stateful groups, which may become stateless`() async throws
    {
        try await open(version: 4) { present, _, registry in
            #expect(present.groups.map(\.isStateless) == [false])
            try await registry.change(by: .system("security_group.update", requestID: "req-2")) { change in
                let former: StoredGroup = try change.find("33333333-3333-4333-8333-333333333333")
                _ = try change.updateGroup(former, name: nil, description: nil, isStateless: true)
            }
            let states = try await registry.read {
                [try PastState(at: 1, in: $0), try PastState(present: $0), try PastState(at: 2, in: $0)]
            }
            #expect(states.map { $0.groups.map(\.isStateless) } == [[false], [true], [true]])
        }
    }

    @Test func `a registry of the sixth version opens with claims that conflict, says so, and lets them be mended`()
        async throws
    {
        let (first, second, third) = (
            "44444444-4444-4444-8444-444444444441", "44444444-4444-4444-8444-444444444442",
            "44444444-4444-4444-8444-444444444443"
        )
        try await open(version: 6) { _, _, registry in
            func conflicts() async throws -> [String] {
                try await registry.read { try HostClaims.conflicts(in: $0) }.map(\.description)
            }
            func told() async throws -> String {
                do {
                    let policy = try await registry.read { try HostPolicy.revision(forHost: "h", in: $0) }.policy
                    return "\(policy.vpcs.flatMap(\.instances).flatMap(\.interfaces).count) interfaces"
                } catch {
                    return "\(error)"
                }
            }
            func put(_ id: String, host: String? = nil, device: String? = nil) async -> String {
                let change = Actor.system("port.update", requestID: "req-2")
                do {
                    try await registry.change(by: change) { change in
                        let former: StoredInterface = try change.find(id)
                        var wanted = former
                        wanted.host = host ?? former.host
                        wanted.device = device ?? former.device
                        wanted.name += "!"
                        _ = try change.updateInterface(wanted, from: former)
                    }
                    return "done"
                } catch {
                    return "\(error)"
                }
            }
            let mend = "; bind all but one to no host, or elsewhere (openstack port set --host \"\" ID)"
            let device =
                "Device tap1 of host h is claimed by 2 interfaces: mine (\(first)) of project demo, theirs (\(second)) of "
                + "project rival" + mend
            let address =
                "Address 10.9.0.5 on host h is claimed by 2 interfaces: theirs (\(second)) of project rival, third "
                + "(\(third)) of project demo" + mend
            let found = try await conflicts()
            #expect(found == [device, address])
            #expect(try await told() == device)
            // What is in conflict can be changed in what is not.
            #expect(await put(second) == "done")
            #expect(
                await put(third, device: "tap1") == "Device tap1 of host h is that of interface mine (\(first)).")
            #expect(await put(first, host: "") == "done")
            #expect(try await conflicts().count == 1)
            // The one that came later has it now.
            #expect(
                await put(first, host: "h") == "Device tap1 of host h is that of interface theirs! (\(second)).")
            #expect(await put(second, host: "g") == "done")
            #expect(try await conflicts() == [])
            #expect(try await told() == "1 interfaces")
            #expect(await put(first, host: "h") == "done")
            #expect(try await told() == "2 interfaces")
        }
    }

    @Test func `a registry of the seventh version opens with its tokens, each its own first, but those of credentials`()
        async throws
    {
        try await open(version: 7) { _, _, registry in
            let sessions = try await registry.read { database in
                try ["first", "second", "third", "fourth"].map {
                    try Identity.session(ofToken: "\($0)-token", at: 200, in: database)
                }
            }
            #expect(sessions.map { $0?.chain.map(\.auditID) } == [["first"], ["second"], nil, ["fourth"]])
            let credential = try await registry.read { try ApplicationCredential.with(id: "c", in: $0) }
            #expect(credential?.isUnrestricted == false)
            #expect(credential?.givenRoles == [.admin, .manager, .member, .reader])
            // What another program writes ends them as well.
            try await registry.keep { try $0.execute(sql: "UPDATE user SET passwordHash = 'another'") }
            let left = try await registry.read { try String.fetchAll($0, sql: "SELECT auditID FROM token") }
            #expect(left == ["fourth"])
        }
    }

    @Test func `SQLite itself refuses a second claim`() async throws {
        let test = try RegistryUnderTest()
        let claim = "INSERT INTO host_claim (host, kind, value, interfaceID) VALUES ('h', 'device', 'tap1', ?)"
        let ports = try await test.change { change in
            let vpc = try change.createVPC(StoredVPC(id: Change.newID(), projectID: "p", name: "v", description: ""))
            return try (1...2).map { number in
                try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "p\(number)", description: "", mac: "",
                        isAdminUp: true, deviceID: "", deviceOwner: "", host: "", device: "tap1", vnicType: "normal",
                        profile: "{}", isPortSecurityEnabled: true, addresses: [], groups: [])
                ).id
            }
        }
        try await test.registry.keep { try $0.execute(sql: claim, arguments: [ports[0]]) }
        await #expect(throws: DatabaseError.self) {
            try await test.registry.keep { try $0.execute(sql: claim, arguments: [ports[1]]) }
        }
    }
}

import Foundation
import GRDB
import Model
import Registry
import Testing

/// A registry in a folder of its own.
final class RegistryUnderTest: Sendable {
    let path: String
    let registry: Registry

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/gatehouse-registry-\(UUID().uuidString).sqlite"
        registry = try Registry(path: path)
    }

    deinit { for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) } }

    func actor(_ name: String = "ada") -> Actor {
        Actor(
            userID: name, userName: name, projectID: "p", projectName: "p", roles: ["admin"],
            requestID: "req-\(Change.newID())", source: "192.0.2.1", action: "test")
    }

    func change<Value: Sendable>(_ body: @escaping @Sendable (Change) throws -> Value) async throws -> Value {
        try await registry.change(by: actor(), body)
    }

    func group(_ name: String) async throws -> StoredGroup {
        try await change { try $0.createGroup(projectID: "p", name: name, description: "") }
    }
}

@Suite struct TrailTests {
    @Test func `a rule's change is told against the group and each interface that carries it`() async throws {
        let test = try RegistryUnderTest()
        let group = try await test.group("g")
        let ports = try await test.change { change in
            let vpc = try change.createVPC(StoredVPC(id: Change.newID(), projectID: "p", name: "v", description: ""))
            return try (1...3).map { number in
                try change.createInterface(
                    StoredInterface(
                        id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "p\(number)", description: "",
                        mac: "02:00:00:00:00:0\(number)", isAdminUp: true, deviceID: "", deviceOwner: "", host: "",
                        device: "d\(number)", vnicType: "normal", profile: "{}", isPortSecurityEnabled: true,
                        addresses: [], groups: number < 3 ? [group.id] : []))
            }
        }
        let actor = test.actor()
        let rule = try await test.registry.change(by: actor) { change in
            try change.createRules([RuleDraft(groupID: group.id, direction: "ingress", protocolText: "tcp")]) { _ in
                true
            }
        }
        var query = AuditQuery()
        query.requestID = actor.requestID
        let asked = query
        let entries = try await test.registry.read { try asked.entries(in: $0) }
        #expect(entries.map(\.action) == Array(repeating: "security_group.rule.add", count: 3))
        #expect(Set(entries.map(\.targetID)) == [group.id, ports[0].id, ports[1].id])
        #expect(entries.allSatisfy { $0.after?.contains(rule[0].id) == true && $0.before == nil })
        #expect(Set(entries.map(\.revision)).count == 1)
        query = AuditQuery()
        query.target = ports[2].id
        let other = query
        #expect(try await test.registry.read { try other.entries(in: $0) }.map(\.action) == ["port.create"])
    }

    @Test func `a refused change leaves nothing but its entry`() async throws {
        let test = try RegistryUnderTest()
        let group = try await test.group("g")
        let before = try await test.registry.read { try PastState(present: $0) }
        await #expect(throws: RegistryError(.ruleExists, "")) {
            try await test.change { change in
                _ = try change.createRules([RuleDraft(groupID: group.id, direction: "ingress", protocolText: "udp")]) {
                    _ in
                    true
                }
                _ = try change.createRules([RuleDraft(groupID: group.id, direction: "egress")]) { _ in true }
            }
        }
        let state = try await test.registry.read { try PastState(present: $0) }
        #expect(state == before)
        let last = try await test.registry.read { try AuditQuery().entries(in: $0) }.last
        #expect(last?.outcome == "failure")
        #expect(last?.reason.contains("already exists") == true)
    }

    @Test(arguments: [
        ("UPDATE audit_act SET reason = 'x' WHERE number = 2", "entry 2"),
        (
            "UPDATE audit_target SET id = 'x' WHERE number = (SELECT target FROM audit_entry WHERE sequence = 3)",
            "entry 3"
        ),
        ("UPDATE audit_entry SET targetName = 'x' WHERE sequence = 2", "entry 2"),
        ("DELETE FROM audit_entry WHERE sequence = 3", "entry 3 is missing"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM audit_act WHERE number = 3", "entry 3 is missing"),
        ("DELETE FROM audit_entry WHERE sequence = (SELECT max(sequence) FROM audit)", "is missing"),
    ])
    func `an entry that is altered or removed shows`(statement: String, words: String) async throws {
        let test = try RegistryUnderTest()
        for name in ["a", "b", "c"] { _ = try await test.group(name) }
        let whole = try await test.registry.read { try AuditTrail.verify($0) }
        #expect(whole.isSound && whole.entries == 4)
        let vandal = try DatabaseQueue(path: test.path)
        try await vandal.writeWithoutTransaction { database in
            #expect(throws: DatabaseError.self) { try database.execute(sql: statement) }
            for table in ["audit_act", "audit_target", "audit_entry"] {
                try database.execute(sql: "DROP TRIGGER \(table)_is_not_edited; DROP TRIGGER \(table)_is_not_deleted")
            }
            try database.execute(sql: statement)
        }
        let found = try await test.registry.read { try AuditTrail.verify($0) }
        #expect(!found.isSound)
        #expect(found.open.first?.reason.contains(words) == true, "\(found.open.map(\.reason))")
    }

    @Test func `every past state can be read again`() async throws {
        let test = try RegistryUnderTest()
        var states: [Int64: PastState] = [:]
        func remember() async throws {
            let (number, state) = try await test.registry.read { database in
                (
                    try Int64.fetchOne(database, sql: "SELECT max(number) FROM revision") ?? 0,
                    try PastState(present: database)
                )
            }
            states[number] = state
        }
        var groups: [StoredGroup] = []
        for round in 0..<20 {
            switch round % 4 {
            case 0, 1: groups.append(try await test.group("g\(round)"))
            case 2:
                let group = groups[round / 4]
                _ = try await test.change { change in
                    try change.createRules([
                        RuleDraft(groupID: group.id, direction: "ingress", protocolText: "\(round)")
                    ]) { _ in true }
                }
            default:
                let group = groups[round / 4]
                try await test.change { change in
                    let present: StoredGroup = try change.find(group.id)
                    if round % 8 == 3 {
                        try change.deleteGroup(present)
                    } else {
                        _ = try change.updateGroup(present, name: "renamed\(round)", description: nil)
                    }
                }
            }
            try await remember()
        }
        for (number, state) in states {
            #expect(try await test.registry.read { try PastState(at: number, in: $0) } == state)
        }
    }

    @Test func `changes that wait together share commits and keep their order`() async throws {
        let test = try RegistryUnderTest()
        try await test.change { change in
            try change.setQuotas("p", [.group: -1, .rule: -1], notBelowUse: false)
        }
        let group = try await test.group("g")
        let ports = (1...64).map { $0 }
        let answered = try await withThrowingTaskGroup(of: [String].self) { tasks in
            for client in ports {
                tasks.addTask {
                    var ids: [String] = []
                    for number in 0..<20 {
                        let port = client * 100 + number
                        let rules = try await test.change { change in
                            try change.createRules([
                                RuleDraft(
                                    groupID: group.id, direction: "ingress", protocolText: "tcp", portMin: port,
                                    portMax: port)
                            ]) { _ in true }
                        }
                        ids += rules.map(\.id)
                    }
                    return ids
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        let (rules, revisions, entries, present) = try await test.registry.read { database in
            (
                Set(
                    try String.fetchAll(
                        database, sql: "SELECT id FROM security_group_rule WHERE direction = 'ingress' AND groupID = ?",
                        arguments: [group.id])),
                try Int64.fetchAll(database, sql: "SELECT number FROM revision ORDER BY number"),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM audit WHERE action = 'security_group.rule.add'"),
                try StoredGroup.fetchOne(database, key: group.id)
            )
        }
        #expect(rules == Set(answered))
        #expect(rules.count == 1280)
        #expect(entries == 1280)
        #expect(present?.revisionNumber == 1280)
        #expect(revisions == Array(1...Int64(revisions.count)))
        #expect(try await test.registry.read { try AuditTrail.verify($0) }.faults.isEmpty)
    }
}

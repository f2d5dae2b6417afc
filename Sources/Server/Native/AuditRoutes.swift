import Foundation
import GRDB
import HTTPTypes
import Model
import Registry

/// `api/audit`: the trail as JSON or JSON lines, in Gatehouse's own shape or as CADF events.
struct AuditRoutes {
    let registry: Registry
    let hosts: HostService

    private static let parameters: Set = [
        "group", "interface", "instance", "target", "actor", "request", "action", "outcome", "since", "until", "limit",
        "format", "cadf",
    ]

    func list(_ call: Call, _ session: Session) async throws -> Answer {
        let unknown = Set(call.query.map(\.key)).subtracting(Self.parameters)
        guard unknown.isEmpty else {
            throw NeutronError.badRequest(
                "unknown parameter \(unknown.sorted().joined(separator: ", ")); known are "
                    + Self.parameters.sorted().joined(separator: ", "))
        }
        var query = AuditQuery()
        if !session.roles.contains(.admin) { query.project = session.project?.id ?? "" }
        query.target = (call.values("group") + call.values("interface") + call.values("target")).first
        query.actor = call.values("actor").first
        query.requestID = call.values("request").first
        query.action = call.values("action").first
        query.outcome = call.values("outcome").first
        query.since = try Self.instant(call, "since")
        query.until = try Self.instant(call, "until")
        if let limit = call.values("limit").first {
            guard let number = Int(limit), (1...100_000).contains(number) else {
                throw NeutronError.invalid("limit", "'\(limit)' is not between 1 and 100000")
            }
            query.limit = number
        }
        let isCADF = call.values("format").first == "cadf"
        let asked = query
        let (examined, connected) = (hosts.examined, hosts.connected)
        let (entries, effects) = try await registry.read { database in
            let entries = try asked.entries(in: database)
            let effects =
                asked.requestID == nil
                ? []
                : try entries.compactMap(\.revision).max().map {
                    try Effect.of($0, examined: examined, connected: connected, in: database)
                }
                    ?? []
            return (entries, effects)
        }
        let described = entries.map { isCADF ? Self.cadf($0) : Self.describe($0) }
        if call.values("format").first == "jsonl" {
            let lines = described.map { String(decoding: $0.bytes, as: UTF8.self) + "\n" }.joined()
            return Answer(text: lines, type: "application/jsonl")
        }
        var body = JSONObject([("entries", .array(described))])
        if asked.requestID != nil { body["effects"] = .array(effects.map(Self.describe)) }
        return Answer(.ok, .object(body))
    }

    func verify() async throws -> Answer {
        switch try await registry.read({ try AuditTrail.verify($0) }) {
        case .whole(let entries, let last):
            Answer(.ok, .object(["sound": .bool(true), "entries": .int(entries), "last_hash": .string(last)]))
        case .broken(let sequence, let words):
            Answer(
                .ok,
                .object(["sound": .bool(false), "sequence": .int(Int(sequence)), "reason": .string(words)]))
        }
    }

    static func instant(_ call: Call, _ name: String) throws -> Int64? {
        guard let text = call.values(name).first else { return nil }
        guard let date = try? Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains(".")).parse(text) else {
            throw NeutronError.invalid(name, "'\(text)' is not a time like 2026-11-21T10:00:00Z")
        }
        return Int64(date.timeIntervalSince1970 * 1e9)
    }

    private static func describe(_ entry: AuditEntry) -> JSON {
        .object([
            "sequence": .int(Int(entry.sequence)), "at": .string(Timestamp(nanoseconds: entry.at).description),
            "request_id": .string(entry.requestID),
            "actor": .object(["id": .string(entry.actorID), "name": .string(entry.actorName)]),
            "project_id": .string(entry.projectID), "source": .string(entry.source), "action": .string(entry.action),
            "outcome": .string(entry.outcome), "reason": .string(entry.reason),
            "target": .object([
                "kind": .string(entry.targetKind), "id": .string(entry.targetID), "name": .string(entry.targetName),
            ]),
            "before": state(entry.before), "after": state(entry.after),
            "revision": .optional(entry.revision.map { Int($0) }),
            "hash": .string(hexadecimal(entry.hash)),
        ])
    }

    private static func state(_ text: String?) -> JSON {
        text.map { JSON(parsing: Array($0.utf8)) ?? .string($0) } ?? .null
    }

    /// A CADF event (DMTF DSP0262): who did what to which resource, with what outcome.
    private static func cadf(_ entry: AuditEntry) -> JSON {
        let kinds = [
            "security_group": "network/securitygroup", "security_group_rule": "network/securitygroup/rule",
            "interface": "network/port", "vpc": "network", "subnet": "network/subnet", "log": "network/log",
            "project": "data/security/project", "user": "data/security/account/user", "host": "compute/node",
            "instance": "compute/server", "network_acl": "network/acl", "network_acl_rule": "network/acl/rule",
            "flow_log_collector": "network/flowlog", "bucket": "storage/bucket",
        ]
        let verb = entry.action.split(separator: ".").last.map(String.init) ?? entry.action
        let actions = [
            "remove": "delete", "attach": "update", "detach": "update", "add": "create", "login": "authenticate",
        ]
        return .object([
            "typeURI": "http://schemas.dmtf.org/cloud/audit/1.0/event",
            "id": .string("gatehouse-audit-\(entry.sequence)"), "eventType": "activity",
            "eventTime": .string(Timestamp(nanoseconds: entry.at).description),
            "action": .string("\(actions[verb] ?? verb)/\(entry.action)"), "outcome": .string(entry.outcome),
            "initiator": .object([
                "id": .string(entry.actorID), "name": .string(entry.actorName),
                "typeURI": "service/security/account/user", "project_id": .string(entry.projectID),
                "host": .object(["address": .string(entry.source)]), "request_id": .string(entry.requestID),
            ]),
            "target": .object([
                "id": .string(entry.targetID), "name": .string(entry.targetName),
                "typeURI": .string(kinds[entry.targetKind] ?? "unknown"),
            ]),
            "observer": .object(["id": "gatehouse", "typeURI": "service/network", "name": "gatehouse"]),
            "reason": .object(["reasonType": "gatehouse", "reasonCode": .string(entry.reason)]),
            "attachments": .array([
                .object(["name": "before", "typeURI": "application/json", "content": state(entry.before)]),
                .object(["name": "after", "typeURI": "application/json", "content": state(entry.after)]),
            ]),
        ])
    }

    private static func describe(_ effect: Effect) -> JSON {
        .object([
            "host": .string(effect.host), "state": .string(effect.state.rawValue),
            "revision": .optional(effect.revision),
            "in_force_since": .optional(effect.appliedAt.map { Timestamp(nanoseconds: $0).description }),
            "digest": .string(effect.digest), "failure": .optional(effect.failure),
        ])
    }
}

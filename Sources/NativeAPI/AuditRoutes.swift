import Foundation
import HTTPTypes
import Model
import Registry
import Service

/// `api/audit`: the trail as JSON or JSON lines, in Gatehouse's own shape or as CADF events.
struct AuditRoutes {
    let registry: Registry
    let hosts: HostService
    /// Whether the caller reads the trail of every project, or of its own alone.
    let readsAll: Bool
    /// Whether the caller is told of hosts that a change does not concern.
    let seesHosts: Bool

    private static let targets = ["group", "interface", "instance", "target"]
    private static let parameters = Set(
        targets + ["kind", "actor", "request", "action", "outcome", "since", "until", "limit", "format"])

    static let routes = [
        NativeRoute(
            method: .get, path: "/audit", right: "get_audit",
            summary:
                "Entries of the trail, oldest first; with `request` also since when each host has the change. Of every "
                + "project for administrators and auditors, of the caller's for managers.",
            parameters: [
                ("group", "Id of a group."), ("interface", "Id of an interface."),
                ("instance", "Id of an instance: also its interfaces, and what became of their groups."),
                ("target", "Id of any object; one of these four."),
                ("kind", "What it is about: \(Kind.allCases.map(\.rawValue).joined(separator: ", "))."),
                ("actor", "Name or id of who did it."), ("request", "Request id that the caller was told."),
                ("action", "An action, or its beginning."), ("outcome", "success or failure."),
                ("since", "RFC 3339."), ("until", "RFC 3339."), ("limit", "The newest so many, 1 to 100000."),
                ("format", "json (default), jsonl or cadf."),
            ]
        ) { try await AuditRoutes($0).list($0.call, $0.session) },
        NativeRoute(
            method: .get, path: "/audit/verify", right: "verify_audit",
            summary:
                "Whether the trail's chain of hashes is whole, with every fault and who sealed it; for administrators and "
                + "auditors."
        ) { try await AuditRoutes($0).verify() },
        NativeRoute(
            method: .post, path: "/audit/seal", right: "seal_audit",
            summary:
                "Seals what is broken in the chain by entries that say from which entry to which, by whom and why; later "
                + "changes show, also within. For administrators.",
            body: "{\"seal\": {\"reason\": \"restored from a damaged disk\"}}"
        ) { try await AuditRoutes($0).seal($0.call, $0.session) },
    ]

    init(_ request: NativeRequest) {
        registry = request.registry
        hosts = request.ground.hosts
        readsAll = request.allows("get_audit_of_all_projects")
        seesHosts = request.allows("get_host")
    }

    func list(_ call: Call, _ session: Session) async throws -> Answer {
        var query = try Self.query(call)
        if !readsAll { query.project = session.project?.id ?? "" }
        let format = call.values("format").first ?? "json"
        guard ["json", "jsonl", "cadf"].contains(format) else {
            throw Refusal.invalid("format", "'\(format)' is not json, jsonl or cadf")
        }
        let asked = query
        let (examined, connected) = (hosts.examined, hosts.connected)
        let (entries, effects) = try await registry.read { database in
            let entries = try asked.entries(in: database)
            let newest = asked.requestID == nil ? nil : entries.compactMap(\.revision).max()
            let effects = try newest.map {
                try Effect.of($0, examined: examined, connected: connected, in: database)
            }
            return (entries, effects ?? [])
        }
        let described = entries.map { format == "cadf" ? Self.cadf($0) : NativeDocument.entry($0) }
        if format == "jsonl" {
            let lines = described.map { String(decoding: $0.bytes, as: UTF8.self) + "\n" }.joined()
            return Answer(text: lines, type: "application/jsonl")
        }
        var body = JSONObject([("entries", .array(described))])
        if asked.requestID != nil {
            let told = effects.filter { seesHosts || $0.state != .notConcerned }
            body["effects"] = .array(told.map(NativeDocument.effect))
        }
        return Answer(.ok, .object(body))
    }

    /// Reads the conditions of a call.
    private static func query(_ call: Call) throws -> AuditQuery {
        let unknown = Set(call.query.map(\.key)).subtracting(parameters)
        guard unknown.isEmpty else {
            throw Refusal.badRequest(
                "unknown parameter \(unknown.sorted().joined(separator: ", ")); known are "
                    + parameters.sorted().joined(separator: ", "))
        }
        let named = targets.filter { !call.values($0).isEmpty }
        guard named.count < 2 else {
            throw Refusal.badRequest("\(named.joined(separator: ", ")): give one of them")
        }
        var query = AuditQuery()
        query.instance = call.values("instance").first
        query.target = query.instance == nil ? named.first.flatMap { call.values($0).first } : nil
        query.kind = try call.values("kind").first.map { text in
            guard let kind = Kind(rawValue: text) else {
                let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal.invalid("kind", "'\(text)' is not one of \(known)")
            }
            return kind
        }
        query.actor = call.values("actor").first
        query.requestID = call.values("request").first
        query.action = call.values("action").first
        query.outcome = try call.values("outcome").first.map { text in
            guard let outcome = AuditNote.Outcome(rawValue: text) else {
                throw Refusal.invalid("outcome", "'\(text)' is not success or failure")
            }
            return outcome.rawValue
        }
        query.since = try instant(call, "since")
        query.until = try instant(call, "until")
        if let limit = call.values("limit").first {
            guard let number = Int(limit), AuditQuery.limits.contains(number) else {
                throw Refusal.invalid("limit", "'\(limit)' is not between 1 and 100000")
            }
            query.limit = number
        }
        return query
    }

    func verify() async throws -> Answer {
        Answer(.ok, NativeDocument.soundness(try await registry.read { try AuditTrail.verify($0) }))
    }

    func seal(_ call: Call, _ session: Session) async throws -> Answer {
        guard let reason = try call.document()["seal"]?["reason"]?.text, !reason.isEmpty,
            Limit.reasonOfEntry.admits(reason)
        else {
            throw Refusal.invalid("seal.reason", "1 to \(Limit.reasonOfEntry.bound) bytes are wanted: why it is sealed")
        }
        let report = try await registry.read { try AuditTrail.verify($0) }
        _ = try await registry.change(by: Actor(session, call, "audit.seal")) {
            try $0.sealTrail(report, reason: reason)
        }
        return try await verify()
    }

    static func instant(_ call: Call, _ name: String) throws -> Int64? {
        guard let text = call.values(name).first else { return nil }
        guard let date = try? Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains(".")).parse(text) else {
            throw Refusal.invalid(name, "'\(text)' is not a time like 2026-11-21T10:00:00Z")
        }
        return Timestamp(secondsSince1970: date.timeIntervalSince1970).nanoseconds
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
                .object([
                    "name": "before", "typeURI": "application/json", "content": NativeDocument.state(entry.before),
                ]),
                .object(["name": "after", "typeURI": "application/json", "content": NativeDocument.state(entry.after)]),
            ]),
        ])
    }
}

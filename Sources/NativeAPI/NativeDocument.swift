import Model
package import Registry
package import Service

/// What the native interface tells of entries, hosts and effects; the command line shows the same of a data folder.
package enum NativeDocument {
    package static func entry(_ entry: AuditEntry) -> JSON {
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

    /// An object's state; what is none of an object, such as a certificate's number, is a text.
    static func state(_ text: String?) -> JSON {
        guard let text else { return .null }
        guard text.hasPrefix("{"), let object = JSON(parsing: Array(text.utf8)) else { return .string(text) }
        return object
    }

    /// Since when a host has a change, or why not.
    package static func effect(_ effect: Effect) -> JSON {
        .object([
            "host": .string(effect.host), "state": .string(effect.state.rawValue),
            "revision": .optional(effect.revision),
            "in_force_since": .optional(effect.appliedAt.map { Timestamp(nanoseconds: $0).description }),
            "digest": .string(effect.digest), "failure": .optional(effect.failure),
        ])
    }

    /// Whether the trail's chain is whole, and where it is not.
    package static func soundness(_ soundness: AuditTrail.Soundness) -> JSON {
        switch soundness {
        case .whole(let entries, let last):
            .object(["sound": .bool(true), "entries": .int(entries), "last_hash": .string(last)])
        case .broken(let sequence, let words):
            .object(["sound": .bool(false), "sequence": .int(Int(sequence)), "reason": .string(words)])
        }
    }

    /// A host, with its state at an instant in nanoseconds since 1970.
    package static func host(_ host: HostRecord, at now: Int64) -> JSON {
        .object([
            "id": .string(host.id), "name": .string(host.name),
            "state": .string(host.state(at: now, patience: HostRecord.patience).rawValue),
            "enrolled_at": .string(Timestamp(nanoseconds: host.enrolledAt).description),
            "last_seen_at": .optional(host.lastSeenAt.map { Timestamp(nanoseconds: $0).description }),
            "wanted_revision": .int(host.wantedRevision), "applied_revision": .int(host.appliedRevision),
            "failure": .optional(host.failure), "clock_offset_ns": .optional(host.clockOffset.map { Int($0) }),
            "status": host.status.flatMap { JSON(parsing: Array($0.utf8)) } ?? .null,
        ])
    }
}

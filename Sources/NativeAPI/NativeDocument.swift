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

    /// Whether the trail's chain is whole; every fault of it, and what was sealed.
    package static func soundness(_ report: TrailReport) -> JSON {
        let told = report.faults.prefix(Limit.toldFaults.bound)
        var json = JSONObject([
            ("sound", .bool(report.isSound)), ("entries", .int(report.entries)), ("last_hash", .string(report.last)),
            ("fault_count", .int(report.faults.count)), ("faults", .array(told.map(fault))),
            ("seals", .array(report.seals.prefix(Limit.toldFaults.bound).map(seal))),
        ])
        if let first = report.open.first {
            json["sequence"] = .int(Int(first.entries.lowerBound))
            json["reason"] = .string(first.reason)
        }
        return .object(json)
    }

    private static func fault(_ fault: TrailReport.Fault) -> JSON {
        .object([
            "from": .int(Int(fault.entries.lowerBound)), "to": .int(Int(fault.entries.upperBound)),
            "reason": .string(fault.reason), "sealed_by": .optional(fault.seal.map { Int($0) }),
        ])
    }

    private static func seal(_ seal: TrailReport.Seal) -> JSON {
        .object([
            "entry": .int(Int(seal.sequence)), "from": .int(Int(seal.entries.lowerBound)),
            "to": .int(Int(seal.entries.upperBound)), "digest": .string(seal.digest),
            "by": .string(seal.actorName), "at": .string(Timestamp(nanoseconds: seal.at).description),
            "reason": .string(seal.reason), "intact": .bool(seal.isIntact),
        ])
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

package import GRDB

/// What projects have a ceiling of; the raw value is the resource's name in the Neutron API.
package enum Quota: String, CaseIterable, Sendable {
    case vpc = "network"
    case subnet
    case interface = "port"
    case group = "security_group"
    case rule = "security_group_rule"
    case log

    package var kind: Kind {
        switch self {
        case .vpc: .vpc
        case .subnet: .subnet
        case .interface: .interface
        case .group: .group
        case .rule: .rule
        case .log: .log
        }
    }

    /// The ceiling of a project for which nobody has set one.
    package var standard: Int {
        switch self {
        case .vpc, .subnet, .rule, .log: 100
        case .interface: 500
        case .group: 10
        }
    }

    /// The project's ceiling; -1 is none.
    package func ceiling(_ projectID: String, in database: Database) throws -> Int {
        try Int.fetchOne(
            database.cachedStatement(sql: "SELECT ceiling FROM quota WHERE projectID = ? AND resource = ?"),
            arguments: [projectID, rawValue]) ?? standard
    }

    /// Groups of VPCs and their rules have ceilings of their own and do not count here.
    package func used(_ projectID: String, in database: Database) throws -> Int {
        let counted =
            switch self {
            case .group: " AND vpcID IS NULL"
            case .rule: " AND groupID IN (SELECT id FROM security_group WHERE vpcID IS NULL)"
            default: ""
            }
        return try Int.fetchOne(
            database.cachedStatement(sql: "SELECT count(*) FROM \(kind.rawValue) WHERE projectID = ?\(counted)"),
            arguments: [projectID]) ?? 0
    }

    func check(_ projectID: String, adding count: Int, in database: Database) throws {
        let ceiling = try ceiling(projectID, in: database)
        guard ceiling >= 0, try used(projectID, in: database) + count > ceiling else { return }
        throw RegistryError(.overQuota, "Quota exceeded for resources: ['\(rawValue)'].")
    }
}

extension Change {
    /// Sets ceilings; nil puts a resource's back to the standard one.
    package func setQuotas(_ projectID: String, _ ceilings: [Quota: Int?], notBelowUse: Bool) throws {
        for (quota, ceiling) in ceilings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if let ceiling, notBelowUse, ceiling >= 0, try quota.used(projectID, in: database) > ceiling {
                throw RegistryError(
                    .quotaBelowUse,
                    "Change would make usage less than 0 for the following resources: ['\(quota.rawValue)'].")
            }
            try database.execute(
                sql: "DELETE FROM quota WHERE projectID = ? AND resource = ?", arguments: [projectID, quota.rawValue])
            guard let ceiling else { continue }
            try database.execute(
                sql: "INSERT INTO quota (projectID, resource, ceiling) VALUES (?, ?, ?)",
                arguments: [projectID, quota.rawValue, ceiling])
        }
        let words = ceilings.map { "\($0.key.rawValue)=\($0.value.map { "\($0)" } ?? "default")" }.sorted()
        try audit(
            AuditNote(
                action: "quota.update", targetKind: .project, targetID: projectID, after: try json(words)))
    }
}

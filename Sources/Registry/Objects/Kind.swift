package import GRDB

/// The kinds of objects that the registry holds; each has a table of this name.
package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
    case project
    case user
    case vpc
    case subnet
    case interface
    case group = "security_group"
    case rule = "security_group_rule"
    case log
    case host
    case instance
    case acl = "network_acl"
    case aclRule = "network_acl_rule"
    case collector = "flow_log_collector"
    case bucket
    case enterpriseRule = "enterprise_rule"
    case addressTemplate = "address_template"

    /// The name in operations, as the access policy has them: `create_NOUN`. Neutron's where Neutron has the kind.
    package var noun: String {
        switch self {
        case .vpc: "network"
        case .interface: "port"
        case .project, .user, .subnet, .group, .rule, .log, .host, .instance, .acl, .aclRule, .collector, .bucket,
            .enterpriseRule, .addressTemplate:
            rawValue
        }
    }

    /// The name in a sentence.
    package var title: String {
        switch self {
        case .project: "Project"
        case .user: "User"
        case .vpc: "Network"
        case .subnet: "Subnet"
        case .interface: "Port"
        case .group: "Security group"
        case .rule: "Security group rule"
        case .log: "Log resource"
        case .host: "Host"
        case .instance: "Instance"
        case .acl: "Network ACL"
        case .aclRule: "Network ACL rule"
        case .collector: "Flow log collector"
        case .bucket: "Bucket"
        case .enterpriseRule: "Enterprise rule"
        case .addressTemplate: "Address template"
        }
    }
}

/// An object that projects own, that changes with revisions, and whose past can be read.
package protocol StoredObject: Codable, FetchableRecord, PersistableRecord, Hashable, Sendable {
    static var kind: Kind { get }
    var id: String { get }
    var projectID: String { get }
    var name: String { get }
    /// Nanoseconds since 1970.
    var createdAt: Int64 { get set }
    /// When it last changed; nanoseconds since 1970.
    var updatedAt: Int64 { get set }
    /// 0 at creation; rises with each change of the object or of what belongs to it.
    var revisionNumber: Int { get set }
}

extension StoredObject {
    package static var databaseTableName: String { kind.rawValue }

    /// The object of this id; nil when there is none.
    package static func stored(_ id: String, in database: Database) throws -> Self? {
        try fetchOne(
            database.cachedStatement(sql: "SELECT * FROM \(kind.rawValue) WHERE id = ?"), arguments: [id])
    }
}

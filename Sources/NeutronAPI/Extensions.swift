import HTTPTypes
import Service

/// What this API can do beyond its core: only what is there is told, because clients choose their way by it.
enum Extensions {
    private static let list: [(alias: String, name: String)] = [
        ("security-group", "security-group"), ("logging", "Logging API Extension"),
        ("quotas", "Quota management support"), ("quota_details", "Quota details management support"),
        ("standard-attr-description", "standard-attr-description"),
        ("standard-attr-timestamp", "Resource timestamps"), ("standard-attr-revisions", "Resource revision numbers"),
        ("revision-if-match", "If-Match constraints based on revision_number"),
        ("standard-attr-tag", "Tag support for resources with standard attribute"),
        ("security-groups-normalized-cidr", "Normalized CIDR field for security group rules"),
        ("security-groups-shared-filtering", "Security group filtering on the shared field"),
        ("stateful-security-group", "Stateful security group"),
        ("pagination", "Pagination support"), ("sorting", "Sorting support"),
        ("sort-key-validation", "Sort key validation"), ("filter-validation", "Filter parameters validation"),
        ("empty-string-filtering", "Empty String Filtering Extension"),
        ("project-id", "project_id field enabled"), ("port-security", "Port Security"), ("binding", "Port Binding"),
        ("allowed-address-pairs", "Allowed Address Pairs"),
    ]

    static func answer(_ call: Call) throws(NeutronError) -> Answer {
        guard call.method == .get, call.path.count <= 1 else { throw .resourceMissing }
        guard let alias = call.path.first else {
            return Answer(.ok, .object(["extensions": .array(list.map(describe))]))
        }
        guard let found = list.first(where: { $0.alias == alias }) else {
            throw NeutronError(.notFound, "HTTPNotFound", "Extension with alias \(alias) does not exist")
        }
        return Answer(.ok, .object(["extension": describe(found)]))
    }

    private static func describe(_ item: (alias: String, name: String)) -> JSON {
        .object([
            "alias": .string(item.alias), "name": .string(item.name), "description": .string(item.name),
            "updated": "2026-01-01T00:00:00-00:00", "links": .array([]),
        ])
    }
}

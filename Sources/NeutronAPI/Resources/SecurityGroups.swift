import HTTPTypes
import Registry
import Service

/// `security-groups`.
struct SecurityGroups: Resource {
    let collection = "security-groups"
    let singular = "security_group"
    let plural = "security_groups"

    let attributes = [
        Attribute(name: "stateful", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true),
        Attribute(name: "shared", type: .flag),
        Attribute(name: "security_group_rules", type: .free, isFilterable: false, isSortable: false),
    ]

    func prepare(_ work: Work) throws {
        if let project = work.session.project { try work.change.ensureDefaultGroup(project.id) }
    }

    func render(_ objects: [StoredGroup], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        let tags = try Tags.of(.group, objects.map(\.id), in: database)
        var rules: [String: [JSON]] = [:]
        if wanted?.contains("security_group_rules") ?? true {
            let kind = SecurityGroupRules()
            let stored = try StoredRule.of(groups: objects.map(\.id), in: database)
            for (rule, json) in zip(stored, try kind.render(stored, wanted: nil, in: database)) {
                rules[rule.groupID, default: []].append(.object(json))
            }
        }
        return objects.map { group in
            JSONObject(
                [
                    ("id", .string(group.id)), ("name", .string(group.name)),
                    ("description", .string(group.description)), ("stateful", .bool(!group.isStateless)),
                    ("shared", .bool(false)),
                    ("security_group_rules", .array(rules[group.id] ?? [])), ("tags", .strings(tags[group.id] ?? [])),
                ] + standardTail(group))
        }
    }

    func missing(_ id: String) -> NeutronError {
        NeutronError(.notFound, "SecurityGroupNotFound", "Security group \(id) does not exist")
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredGroup] {
        try requests.map { fields in
            try work.change.createGroup(
                projectID: try work.project(fields), name: fields.text("name") ?? "",
                description: fields.text("description") ?? "", isStateless: fields.flag("stateful") == false)
        }
    }

    func update(_ object: StoredGroup, _ fields: Fields, _ work: Work) throws -> StoredGroup {
        try work.change.updateGroup(
            object, name: fields.text("name"), description: fields.text("description"),
            isStateless: fields.flag("stateful").map { !$0 })
    }

    func delete(_ object: StoredGroup, _ work: Work) throws { try work.change.deleteGroup(object) }
}

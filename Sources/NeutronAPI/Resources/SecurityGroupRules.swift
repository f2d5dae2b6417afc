import HTTPTypes
import Model
import Registry
import Service

/// `security-group-rules`.
struct SecurityGroupRules: Resource {
    let collection = "security-group-rules"
    let singular = "security_group_rule"
    let plural = "security_group_rules"
    let hasName = false
    let isUpdatable = false

    let attributes = [
        Attribute(name: "security_group_id", type: .uuid, creation: .required, column: "groupID"),
        Attribute(name: "direction", type: .choice(["ingress", "egress"]), creation: .required, column: "direction"),
        Attribute(name: "ethertype", type: .free, creation: .defaults("IPv4"), column: "etherType"),
        Attribute(name: "protocol", type: .free, creation: .defaults(.null), column: "protocolText"),
        Attribute(name: "port_range_min", type: .free, creation: .defaults(.null)),
        Attribute(name: "port_range_max", type: .free, creation: .defaults(.null)),
        Attribute(name: "remote_ip_prefix", type: .free, creation: .defaults(.null), column: "remotePrefix"),
        Attribute(name: "normalized_cidr", type: .optionalText()),
        Attribute(name: "remote_group_id", type: .optionalUUID, creation: .defaults(.null), column: "remoteGroupID"),
        Attribute(name: "remote_address_group_id", type: .optionalUUID, creation: .defaults(.null)),
        Attribute(name: "belongs_to_default_sg", type: .flag),
        // Ours: the near end of a rule that the VPC API narrowed; it is shown where there is one.
        Attribute(name: "local_ip_prefix", type: .optionalText(), isFilterable: false, isSortable: false),
    ]

    func prepare(_ work: Work) throws { try SecurityGroups().prepare(work) }

    /// Rules that an administrator added to the caller's groups bear the group's project, so they are the caller's.
    func render(_ objects: [StoredRule], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        let tags = try Tags.of(.rule, objects.map(\.id), in: database)
        let defaults = try StoredGroup.defaults(in: database)
        return objects.map { rule in
            var body = JSONObject(
                [
                    ("id", .string(rule.id)), ("security_group_id", .string(rule.groupID)),
                    ("direction", .string(rule.direction)), ("ethertype", .string(rule.etherType)),
                    ("protocol", .optional(rule.protocolText)), ("port_range_min", .optional(rule.portMin)),
                    ("port_range_max", .optional(rule.portMax)), ("remote_ip_prefix", .optional(rule.remotePrefix)),
                    (
                        "normalized_cidr",
                        .optional(rule.remotePrefix.flatMap(RuleDraft.network).map { $0.description })
                    ),
                    ("remote_group_id", .optional(rule.remoteGroupID)), ("remote_address_group_id", .null),
                    ("description", .string(rule.description)),
                    ("belongs_to_default_sg", .bool(defaults.contains(rule.groupID))),
                    ("tags", .strings(tags[rule.id] ?? [])),
                ] + standardTail(rule))
            body["local_ip_prefix"] = rule.localPrefix.map { .string($0) }
            return body
        }
    }

    func missing(_ id: String) -> NeutronError {
        NeutronError(.notFound, "SecurityGroupRuleNotFound", "Security group rule \(id) does not exist")
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredRule] {
        let drafts = try requests.map(draft)
        return try work.change.createRules(drafts) { work.owns($0.projectID) }
    }

    func delete(_ object: StoredRule, _ work: Work) throws { try work.change.deleteRule(object) }

    private func draft(_ fields: Fields) throws -> RuleDraft {
        if let id = fields.text("remote_address_group_id") {
            throw NeutronError(.notFound, "AddressGroupNotFound", "Address group \(id) could not be found.")
        }
        return RuleDraft(
            groupID: fields.text("security_group_id") ?? "", direction: fields.text("direction") ?? "",
            etherType: try etherType(fields["ethertype"] ?? .null), protocolText: try protocolText(fields["protocol"]),
            portMin: try port(fields["port_range_min"]), portMax: try port(fields["port_range_max"]),
            remotePrefix: try prefix(fields["remote_ip_prefix"]), remoteGroupID: fields.text("remote_group_id"),
            description: fields.text("description") ?? "")
    }

    private func etherType(_ value: JSON) throws -> String {
        switch value.text?.lowercased() {
        case "ipv4": return "IPv4"
        case "ipv6": return "IPv6"
        default:
            throw RegistryError(
                .invalid(.etherType),
                "Security group rule for ethertype '\(AttributeType.show(value))' not supported. Allowed values are "
                    + "['IPv4', 'IPv6'].")
        }
    }

    private func protocolText(_ value: JSON?) throws -> String? {
        switch value {
        case nil, .null: return nil
        case .int(let number): return String(number)
        case .string(let text): return text.isEmpty ? nil : text
        case .some(let other):
            throw RegistryError(
                .invalid(.ruleProtocol),
                "Security group rule protocol \(AttributeType.show(other)) not supported. Only protocol values of names "
                    + "and integer values [0 to 255] are supported.")
        }
    }

    private func port(_ value: JSON?) throws -> Int? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.number ?? value.text.flatMap({ Int($0) }), (0...65_535).contains(number) else {
            throw RegistryError(.invalid(.port), "Invalid value for port \(AttributeType.show(value))")
        }
        return number
    }

    /// An address gets the mask of its family; host bits stay.
    private func prefix(_ value: JSON?) throws -> String? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.text, let network = RuleDraft.network(text) else {
            throw RegistryError(.invalid(.prefix), "Invalid CIDR \(AttributeType.show(value)) given as IP prefix.")
        }
        return text.contains("/") ? text : "\(text)/\(network.length)"
    }
}

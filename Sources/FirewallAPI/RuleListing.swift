import Model
import Registry
import Service

/// What tells the list of enterprise rules.
enum RuleListing {
    static let all = [
        FirewallAction(
            name: "DescribeEnterpriseSecurityGroupRule", right: "get_enterprise_rule",
            required: ["PageNo", "PageSize"],
            optional: [
                "SourceContent", "DestContent", "Description", "Port", "Protocol", "RuleAction", "Enable",
                "ServiceTemplateId", "RuleUuid",
            ], answer: pages),
        FirewallAction(
            name: "DescribeEnterpriseSecurityGroupRuleList", right: "get_enterprise_rule",
            required: ["Limit", "Offset"],
            optional: ["Status", "SearchValue", "SearchFilters", "Area", "Filter"], answer: list),
        FirewallAction(
            name: "DescribeCfwRules", right: "get_enterprise_rule", required: ["RuleType"],
            optional: [
                "RuleAction", "Enabled", "IncludeDisabled", "RuleId", "RuleUuid", "Protocol", "SrcIp", "DstIp",
                "Description", "Limit", "Offset", "ExpandNames",
            ], answer: rules),
    ]

    /// A rule, and its place from 1 on.
    private struct Placed: Sendable {
        let rule: StoredEnterpriseRule
        let place: Int
    }

    private static func placed(_ request: FirewallRequest) async throws -> [Placed] {
        try await request.registry.read { database in
            try StoredEnterpriseRule.all(of: request.project.id, in: database).enumerated().map {
                Placed(rule: $0.element, place: $0.offset + 1)
            }
        }
    }

    // MARK: In pages

    @Sendable private static func pages(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        func page(_ key: String, _ most: Int) throws -> Int {
            let text = try parameters.text(key) ?? ""
            guard let number = Int(text), (1...most).contains(number) else {
                throw parameters.refusal(key, text, "a number from 1 to \(most)")
            }
            return number
        }
        let (number, size) = (try page("PageNo", 1_000_000), try page("PageSize", 50))
        guard try parameters.text("ServiceTemplateId") ?? "" == "" else {
            throw FirewallError(.unsupported, "ServiceTemplateId: there are no templates of ports.")
        }
        let wanted = try await placed(request).filter { try matches($0.rule, parameters) }
        let shown = wanted.dropFirst((number - 1) * size).prefix(size).map { item -> JSON in
            let rule = item.rule
            return .object([
                "SourceContent": .string(RuleWords.content(rule.source)),
                "SourceType": .string(RuleWords.type(rule.source)),
                "DestContent": .string(RuleWords.content(rule.target)),
                "DestType": .string(RuleWords.type(rule.target)),
                "RuleAction": .string(RuleWords.word(rule.action)), "Description": .string(rule.description),
                "OrderIndex": .string("\(item.place)"), "Protocol": .string(rule.transport.uppercased()),
                "Port": .string(RuleWords.ports(rule)), "ServiceTemplateId": "", "Id": .string(rule.name),
                "Enable": .string(rule.isEnabled ? "true" : "false"), "Uid": .string(rule.id), "Scope": "SG",
            ])
        }
        return JSONObject([
            ("PageNo", .string("\(number)")), ("PageSize", .string("\(size)")),
            ("TotalCount", .string("\(wanted.count)")), ("Rules", .array(shown)),
        ])
    }

    /// A text with `*` in it matches by pattern, another one whole.
    private static func matches(_ rule: StoredEnterpriseRule, _ parameters: Parameters) throws -> Bool {
        let texts: [(String, String)] = [
            ("SourceContent", RuleWords.content(rule.source)), ("DestContent", RuleWords.content(rule.target)),
            ("Description", rule.description), ("Port", RuleWords.ports(rule)),
            ("Protocol", rule.transport.uppercased()), ("RuleAction", RuleWords.word(rule.action)),
            ("Enable", rule.isEnabled ? "true" : "false"),
        ]
        for (key, value) in texts {
            guard let pattern = try parameters.text(key), !pattern.isEmpty else { continue }
            guard Wildcard(pattern).matches(value) else { return false }
        }
        guard let number = try parameters.number("RuleUuid"), number != 0 else { return true }
        return rule.number == number
    }

    // MARK: By filters

    @Sendable private static func list(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let limit = try parameters.number("Limit", 1...1000) ?? 1000
        let offset = try parameters.number("Offset", 0...Int(Int32.max)) ?? 0
        for key in ["Area", "Filter"] { _ = try parameters.text(key) }
        let status = try parameters.text("Status").flatMap { $0.isEmpty ? nil : $0 }
        if let status, status != "0", status != "1" { throw parameters.refusal("Status", status, "0 or 1") }
        let search = try parameters.text("SearchValue")?.lowercased() ?? ""
        let objects = try parameters.objects("SearchFilters") ?? []
        let isSettled = try await RuleProgress(request.ground).percent() == 100
        let all = try await placed(request)
        let names = try await request.registry.read { try EndNames(of: all.map(\.rule), in: $0) }
        let filters = try CommonFilters(objects, fields: fields)
        let wanted = all.filter { item in
            let rule = item.rule
            if let status, (status == "1") != rule.isEnabled { return false }
            guard !search.isEmpty else { return true }
            return [
                RuleWords.content(rule.source), RuleWords.content(rule.target), rule.description, rule.transport,
                RuleWords.ports(rule),
            ].contains { $0.lowercased().contains(search) }
        }.map { row($0, names: names, isSettled: isSettled) }.filter(filters.admits)
        let enabled = all.count { $0.rule.isEnabled }
        return JSONObject([
            ("Total", .int(wanted.count)), ("AllTotal", .int(all.count)),
            ("Enable", .int(enabled == 0 ? 0 : enabled == all.count ? 1 : 2)),
            ("Data", .array(wanted.dropFirst(offset).prefix(limit).map { .object($0) })),
        ])
    }

    /// A row's fields, with a value of each one's kind.
    private static let fields = row(
        Placed(
            rule: StoredEnterpriseRule(
                blank: .init(
                    source: .init(.network, ""), target: .init(.network, ""), action: .block, transport: "any",
                    ports: "",
                    description: "")), place: 1), names: EndNames(), isSettled: true)

    private static func row(_ item: Placed, names: EndNames, isSettled: Bool) -> JSONObject {
        let rule = item.rule
        let (source, target) = (names.of(rule.source), names.of(rule.target))
        return JSONObject([
            ("OrderIndex", .int(item.place)), ("RuleUuid", .int(Int(rule.number))), ("Id", .int(Int(rule.number))),
            ("Uuid", .string(rule.id)), ("SourceId", .string(RuleWords.content(rule.source))),
            ("SourceType", .int(RuleWords.typeNumber(rule.source))),
            ("TargetId", .string(RuleWords.content(rule.target))),
            ("TargetType", .int(RuleWords.typeNumber(rule.target))), ("Protocol", .string(rule.transport.uppercased())),
            ("Port", .string(RuleWords.ports(rule))), ("Strategy", .int(RuleWords.strategy(rule.action))),
            ("Status", .int(rule.isEnabled ? 1 : 0)), ("Detail", .string(rule.description)),
            ("IsNew", .int(isSettled ? 0 : 1)), ("IsDelay", .int(0)), ("Region", "AllRegion"),
            ("ServiceTemplateId", ""), ("Scope", "SG"), ("CreateTime", .string(RuleWords.time(rule.createdAt))),
            ("UpdateTime", .string(RuleWords.time(rule.updatedAt))), ("RulePartition", .int(2)),
            ("BetaList", .array([])),
            ("AclTags", ""), ("SouInstanceName", .string(source.name)), ("SouPrivateIp", .string(source.address)),
            ("SouPublicIp", ""), ("SouCidr", .string(source.block)), ("SouParameterName", .string(source.template)),
            ("InstanceName", .string(target.name)), ("PrivateIp", .string(target.address)), ("PublicIp", ""),
            ("Cidr", .string(target.block)), ("ParameterName", .string(target.template)),
        ])
    }

    // MARK: As one text

    @Sendable private static func rules(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let kind = try parameters.text("RuleType") ?? ""
        guard kind == "enterprise_sg" else {
            throw FirewallError(
                .unsupported, "RuleType: \"\(Limit.textOfEntry.cut(kind))\" has no rules here; enterprise_sg has.")
        }
        let enabled = try parameters.truth("Enabled")
        let isAll = try parameters.truth("IncludeDisabled")
        guard enabled == nil || isAll == nil else {
            throw FirewallError(.combination, "Enabled and IncludeDisabled exclude each other.")
        }
        let action = try parameters.number("RuleAction", 0...2)
        let number = try parameters.number("RuleUuid")
        let id = try parameters.text("RuleId")
        let limit = try parameters.number("Limit", 1...1000) ?? 100
        let offset = try parameters.number("Offset", 0...Int(Int32.max)) ?? 0
        _ = try parameters.truth("ExpandNames")
        let parts = try [
            ("Protocol", \StoredEnterpriseRule.transport), ("Description", \.description),
        ].map { (try parameters.text($0.0)?.lowercased() ?? "", $0.1) }
        let ends = (
            try parameters.text("SrcIp")?.lowercased() ?? "", try parameters.text("DstIp")?.lowercased() ?? ""
        )
        let wanted = try await placed(request).filter { item in
            let rule = item.rule
            guard isAll == true || rule.isEnabled == (enabled ?? true) else { return false }
            if let action, RuleWords.strategy(rule.action) != action { return false }
            if let number, rule.number != number { return false }
            if let id, rule.id != id, rule.name != id { return false }
            return parts.allSatisfy { $0.0.isEmpty || rule[keyPath: $0.1].lowercased().contains($0.0) }
                && RuleWords.content(rule.source).lowercased().contains(part: ends.0)
                && RuleWords.content(rule.target).lowercased().contains(part: ends.1)
        }
        let shown = wanted.dropFirst(offset).prefix(limit).map { item -> JSON in
            let rule = item.rule
            return .object([
                "sequence": .int(item.place), "uuid": .int(Int(rule.number)),
                "src_content": .string(RuleWords.content(rule.source)),
                "src_type": .string(RuleWords.type(rule.source)),
                "dst_content": .string(RuleWords.content(rule.target)),
                "dst_type": .string(RuleWords.type(rule.target)),
                "protocol": .string(rule.transport.uppercased()), "dst_port": .string(RuleWords.ports(rule)),
                "action": .int(RuleWords.strategy(rule.action)), "enabled": .bool(rule.isEnabled),
                "rule_uuid": .string(rule.id), "description": .string(rule.description), "scope": "SG",
            ])
        }
        let data = JSON.object([
            "rule_type": "enterprise_sg", "total": .int(wanted.count), "returned": .int(shown.count),
            "rules": .array(Array(shown)),
        ])
        return JSONObject([("Data", .string(String(decoding: data.bytes, as: UTF8.self)))])
    }
}

extension String {
    /// Whether it holds a text; an empty one is held by all.
    fileprivate func contains(part: String) -> Bool { part.isEmpty || contains(part) }
}

/// A text in which `*` stands for any text.
struct Wildcard {
    private let parts: [Substring]

    init(_ text: String) { parts = text[...].split(separator: "*", omittingEmptySubsequences: false) }

    func matches(_ text: String) -> Bool {
        guard parts.count > 1, let first = parts.first, let last = parts.last else {
            return parts.first.map { $0 == text } ?? false
        }
        guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let range = rest.firstRange(of: part) else { return false }
            rest = rest[range.upperBound...]
        }
        return true
    }
}

/// What the things that rules name are called now.
struct EndNames: Sendable {
    struct Names: Sendable {
        var name = ""
        var address = ""
        var block = ""
        var template = ""
    }

    private var known: [StoredEnterpriseRule.End: Names] = [:]

    init() {}

    init(of rules: [StoredEnterpriseRule], in database: RegistryState) throws {
        for end in Set(rules.flatMap { [$0.source, $0.target] }) { known[end] = try Self.names(end, database) }
    }

    func of(_ end: StoredEnterpriseRule.End) -> Names { known[end] ?? Names() }

    private static func names(_ end: StoredEnterpriseRule.End, _ database: RegistryState) throws -> Names {
        var names = Names()
        switch end.form {
        case .network, .tag, .region: break
        case .template:
            names.template = try StoredAddressTemplate.named(end.content, in: database)?.name ?? ""
        case .group: names.name = try StoredGroup.stored(end.content, in: database)?.name ?? ""
        case .asset:
            switch end.asset {
            case .vpc: names.name = try StoredVPC.stored(end.content, in: database)?.name ?? ""
            case .subnet:
                let subnet = try StoredSubnet.stored(end.content, in: database)
                (names.name, names.block) = (subnet?.name ?? "", subnet?.cidr ?? "")
            case .interface:
                let port = try StoredInterface.stored(end.content, in: database)
                (names.name, names.address) = (port?.name ?? "", port?.addresses.first?.address ?? "")
            default:
                let instance = try StoredInstance.stored(end.content, in: database)
                names.name = instance?.name ?? ""
                names.address = try instance?.interfaces(in: database).first?.addresses.first?.address ?? ""
            }
        }
        return names
    }
}

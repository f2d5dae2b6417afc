import Model
import Registry
import Service

/// Lists of addresses that rules name.
enum TemplateActions {
    static let all = [
        FirewallAction(
            name: "CreateAddressTemplate", right: "create_address_template",
            required: ["Name", "Detail", "IpString", "Type"], optional: ["IpVersion"], answer: create),
        FirewallAction(
            name: "ModifyAddressTemplate", right: "update_address_template",
            required: ["Uuid", "Name", "Detail", "IpString", "Type"], optional: ["IpVersion"], answer: modify),
        FirewallAction(
            name: "DeleteAddressTemplate", right: "delete_address_template", required: ["Uuid"], answer: delete),
        FirewallAction(
            name: "DescribeAddressTemplateList", right: "get_address_template",
            optional: ["Offset", "Limit", "SearchValue", "Uuid", "TemplateId", "TemplateType", "By", "Order"],
            answer: list),
    ]

    /// What an author says of one.
    private struct Wanted: Sendable {
        let name: String
        let detail: String
        let entries: [String]

        init(_ parameters: Parameters) throws {
            switch try parameters.number("Type") {
            case 1: break
            case 5:
                throw FirewallError(
                    .unsupported, "Type: names of domains are not looked up here; write their addresses, as type 1.")
            case 6:
                throw FirewallError(.unsupported, "Type: there are no templates of ports; rules name ports themselves.")
            case let other: throw parameters.refusal("Type", other.map { "\($0)" } ?? "", "1")
            }
            _ = try parameters.number("IpVersion")
            name = try parameters.text("Name") ?? ""
            detail = try parameters.text("Detail") ?? ""
            guard !name.isEmpty, Limit.nameText.admits(name) else {
                throw parameters.refusal("Name", name, "1 to \(Limit.nameText.bound) bytes")
            }
            guard Limit.textOfEntry.admits(detail) else {
                throw parameters.refusal("Detail", detail, "at most \(Limit.textOfEntry.bound) bytes")
            }
            var entries: [String] = []
            for part in (try parameters.text("IpString") ?? "").split(separator: ",", omittingEmptySubsequences: false)
            {
                let text = part.drop { $0 == " " }
                entries.append(try AddressWords.network(String(text), parameters, "IpString"))
            }
            guard entries.count <= Limit.entriesOfTemplate.bound else {
                throw FirewallError(
                    .limit, "IpString: a list has at most \(Limit.entriesOfTemplate.bound) addresses and blocks.")
            }
            guard Set(entries).count == entries.count else {
                throw FirewallError(.valueInvalid, "IpString: an address or block stands in it twice.")
            }
            self.entries = entries
        }
    }

    @Sendable private static func create(_ request: FirewallRequest) async throws -> JSONObject {
        let wanted = try Wanted(request.parameters)
        let made = try await request.change { change in
            try change.createAddressTemplate(
                StoredAddressTemplate(
                    id: Change.newID(), projectID: request.project.id,
                    templateID: "ipm-" + Change.newID().filter { $0 != "-" }.prefix(8), name: wanted.name,
                    description: wanted.detail, entries: wanted.entries))
        }
        return JSONObject([("Status", .int(0)), ("Uuid", .string(made.id)), ("TemplateId", .string(made.templateID))])
    }

    @Sendable private static func modify(_ request: FirewallRequest) async throws -> JSONObject {
        let wanted = try Wanted(request.parameters)
        let id = try request.parameters.text("Uuid") ?? ""
        try await request.change { change in
            let former = try find(id, request.project, change)
            var template = former
            (template.name, template.description, template.entries) = (wanted.name, wanted.detail, wanted.entries)
            try change.updateAddressTemplate(template, from: former)
        }
        return JSONObject([
            ("Status", .int(0)), ("Uuid", .string(id)), ("RuleLimitNum", .int(Limit.enterpriseRules.bound)),
        ])
    }

    @Sendable private static func delete(_ request: FirewallRequest) async throws -> JSONObject {
        let id = try request.parameters.text("Uuid") ?? ""
        try await request.change { change in
            try change.deleteAddressTemplate(find(id, request.project, change))
        }
        return JSONObject([("Status", .int(0))])
    }

    private static func find(_ id: String, _ project: Project, _ change: Change) throws -> StoredAddressTemplate {
        guard let template = try StoredAddressTemplate.stored(id, in: change.database), template.projectID == project.id
        else {
            throw FirewallError(.notFound, "Uuid: the project has no template \(Limit.textOfEntry.cut(id)).")
        }
        return template
    }

    @Sendable private static func list(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let limit = try parameters.number("Limit", 1...1000) ?? 1000
        let offset = try parameters.number("Offset", 0...Int(Int32.max)) ?? 0
        let search = try parameters.text("SearchValue") ?? ""
        let (id, templateID) = (try parameters.text("Uuid") ?? "", try parameters.text("TemplateId") ?? "")
        let type = try parameters.text("TemplateType") ?? ""
        guard ["", "1", "5"].contains(type) else { throw parameters.refusal("TemplateType", type, "1 or 5") }
        let order = try parameters.text("By") ?? ""
        guard ["", "UpdateTime", "RulesNum"].contains(order) else {
            throw parameters.refusal("By", order, "UpdateTime or RulesNum")
        }
        let isFalling = try parameters.text("Order")?.lowercased() == "desc"
        let (all, rules) = try await request.registry.read { database in
            let all = try StoredAddressTemplate.byName(of: request.project.id, in: database)
            let rules = try StoredEnterpriseRule.all(of: request.project.id, in: database)
            var uses: [String: Int] = [:]
            for rule in rules {
                for end in Set([rule.source, rule.target]) where end.form == .template {
                    uses[end.content, default: 0] += 1
                }
            }
            return (all, uses)
        }
        var wanted = all.filter { template in
            (id.isEmpty || template.id == id) && (templateID.isEmpty || template.templateID == templateID)
                && type != "5"
                && (search.isEmpty || ([template.name] + template.entries).contains { $0.contains(search) })
        }
        switch order {
        case "UpdateTime": wanted.sort { $0.updatedAt < $1.updatedAt }
        case "RulesNum": wanted.sort { rules[$0.templateID] ?? 0 < rules[$1.templateID] ?? 0 }
        default: break
        }
        if isFalling { wanted.reverse() }
        let rows = wanted.dropFirst(offset).prefix(limit).map { template -> JSON in
            let isIPv6 = template.entries.allSatisfy { $0.contains(":") }
            return .object([
                "Uuid": .string(template.id), "TemplateId": .string(template.templateID),
                "Name": .string(template.name),
                "Detail": .string(template.description), "IpString": .string(template.entries.joined(separator: ",")),
                "Type": .int(1), "IPNum": .int(template.entries.count),
                "RulesNum": .int(rules[template.templateID] ?? 0),
                "InsertTime": .string(RuleWords.time(template.createdAt)),
                "UpdateTime": .string(RuleWords.time(template.updatedAt)), "IpVersion": .int(isIPv6 ? 1 : 0),
                "ProtocolType": "",
            ])
        }
        return JSONObject([
            ("Total", .int(wanted.count)), ("Data", .array(Array(rows))), ("NameList", .strings(all.map(\.name))),
            ("IpTemplateCount", .int(all.count)), ("DomainTemplateCount", .int(0)), ("PortTemplateCount", .int(0)),
            ("UsedTemplateCount", .int(all.count)), ("TemplateQuotaCount", .int(Limit.addressTemplates.bound)),
            ("TkeTemplateCount", .int(0)),
        ])
    }
}

import HTTPTypes
import Model
import Registry
import Service

/// `network_acls/ACL/rules`: in order, and moved whole.
struct ACLRules: VPCResource {
    let request: VPCRequest
    let noun = "network_acl_rule"
    let collection = "rules"
    let depth = 2

    private func acl(_ view: ProjectView) throws -> StoredACL { try view.find(request.path[0]) }

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredACLRule] {
        try view.rules(of: try acl(view)).filter {
            filter.admits(direction: RuleFields.direction($0.direction).text ?? "")
        }
    }

    /// Pages in the list's own order.
    func list(_ call: Call) async throws -> Answer {
        let pagination = try Pagination(call, collection)
        if let direction = call.values("direction").first, !["inbound", "outbound"].contains(direction) {
            throw VPCError.parameter(.enumeration, "direction", "direction: inbound or outbound is wanted.")
        }
        return try await request.read { view in
            let page = pagination.page(ordered: try objects(VPCFilter(call), view))
            return Answer(.ok, pagination.body(try page.items.map { try render($0, view) }, page, call))
        }
    }

    /// A rule asked for under another ACL is not there.
    func find(_ id: String, _ view: ProjectView) throws -> StoredACLRule {
        let rule = try view.find(id, as: StoredACLRule.self)
        guard rule.aclID == (try acl(view)).id else { throw VPCError.routeMissing }
        return rule
    }

    func render(_ rule: StoredACLRule, _ view: ProjectView) throws -> JSONObject {
        view.render(rule, in: try view.rules(of: try acl(view)))
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredACLRule {
        let acl = try acl(view)
        let others = try view.rules(of: acl)
        try request.quotas.check(\.rulesPerACL, others.count + 1, "rules of network ACL \(acl.id)")
        let reader = ACLRuleReader(view: view, acl: acl)
        let rule = try reader.rule(body, among: others.map(\.name))
        let next = try body.object("before").map { try reader.place($0, among: others, of: rule) }
        return try change.addACLRule(rule, before: next)
    }

    func update(
        _ former: StoredACLRule, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredACLRule {
        let acl = try acl(view)
        let others = try view.rules(of: acl)
        let reader = ACLRuleReader(view: view, acl: acl)
        let wanted = try reader.edited(former, body, among: others.map(\.name))
        var place = Change.ACLPlace.unchanged
        if body.isUnset("before") {
            place = .last
        } else if let named = try body.object("before") {
            place = .ahead(of: try reader.place(named, among: others, of: former))
        }
        return try change.updateACLRule(wanted, from: former, place: place)
    }

    func delete(_ rule: StoredACLRule, _ change: Change, _ view: ProjectView) throws {
        try change.deleteACLRule(rule)
    }
}

/// Reads rules of network ACLs out of bodies.
struct ACLRuleReader {
    let view: ProjectView
    let acl: StoredACL

    private static let portKeys = [
        "source_port_min", "source_port_max", "destination_port_min", "destination_port_max",
    ]
    private static let icmpKeys = ["type", "code"]

    func rule(_ body: BodyObject, among taken: [String]) throws -> StoredACLRule {
        guard let action = try body.choice("action", ["allow", "deny"]) else { throw body.missing("action") }
        guard let direction = try RuleFields.direction(body) else { throw body.missing("direction") }
        let etherType = try RuleFields.etherType(body) ?? "IPv4"
        let place: RuleProtocol.Place = action == "deny" ? .deny : .allow
        let kind = try RuleProtocol(body, place, isIPv6: etherType == "IPv6", view.request.version)
        var rule = StoredACLRule(
            projectID: acl.projectID, aclID: acl.id, name: try view.newName(body, among: taken, leadingHyphen: true),
            action: action, direction: direction, etherType: etherType, protocolText: kind.stored)
        for key in ["source", "destination"] where !body.has(key) { throw body.missing(key) }
        try readParts(kind, body, into: &rule)
        return rule
    }

    /// A rule as a patch leaves it: valid as a whole, or refused.
    func edited(_ former: StoredACLRule, _ body: BodyObject, among taken: [String]) throws -> StoredACLRule {
        var rule = former
        rule.action = try body.choice("action", ["allow", "deny"]) ?? former.action
        rule.direction = try RuleFields.direction(body) ?? former.direction
        let kind = try RuleProtocol(stored: former.protocolText).moved(
            from: former.place, to: rule.place, view.request.version)
        rule.protocolText = kind.stored
        if body.has("protocol"), try body.text("protocol") != kind.text(rule.place, view.request.version) {
            throw VPCError.field(.badField, "protocol", "protocol: it cannot change; make another rule.")
        }
        let name = try view.changedName(body, from: former.name, among: { taken }, leadingHyphen: true)
        rule.name = name ?? former.name
        try readParts(kind, body, into: &rule)
        return rule
    }

    private func readParts(_ kind: RuleProtocol, _ body: BodyObject, into rule: inout StoredACLRule) throws {
        let words = "the rule's protocol has none"
        let foreign =
            switch kind.shape {
            case .ports: Self.icmpKeys
            case .icmp: Self.portKeys
            case .bare: Self.portKeys + Self.icmpKeys
            }
        try RuleFields.refuse(foreign, in: body, .discriminatorForbidden, words)
        switch kind.shape {
        case .ports:
            (rule.sourcePortMin, rule.sourcePortMax) = try ports(
                body, "source_port", (rule.sourcePortMin, rule.sourcePortMax))
            (rule.portMin, rule.portMax) = try ports(body, "destination_port", (rule.portMin, rule.portMax))
        case .icmp:
            rule.portMin = try RuleFields.edited(body, "type", 0...254, from: rule.portMin)
            rule.portMax = try RuleFields.edited(body, "code", 0...255, from: rule.portMax)
            try RuleFields.checkICMP(rule.portMin, rule.portMax, body)
        case .bare: break
        }
        rule.source = try prefix(body, "source", rule.etherType, from: rule.source)
        rule.destination = try prefix(body, "destination", rule.etherType, from: rule.destination)
    }

    /// A pair of ports; every port is none.
    private func ports(
        _ body: BodyObject, _ key: String, _ former: (Int?, Int?)
    ) throws(VPCError) -> (Int?, Int?) {
        // A stored pair of none is 1 and 65535 to who edits one of them.
        let isLone = body.has("\(key)_min") != body.has("\(key)_max") && former.0 == nil && body.isPatching
        let base = isLone ? (1, 65_535) : former
        let low = try RuleFields.edited(body, "\(key)_min", 1...65_535, from: base.0)
        let high = try RuleFields.edited(body, "\(key)_max", 1...65_535, from: base.1)
        try RuleFields.checkPair(low, high, body.name("\(key)_min"), body.name("\(key)_max"))
        return low == 1 && high == 65_535 ? (nil, nil) : (low, high)
    }

    /// An address or a block; every address is nil.
    private func prefix(
        _ body: BodyObject, _ key: String, _ etherType: String?, from former: String?
    ) throws(VPCError) -> String? {
        guard let text = try body.text(key) else { return former }
        // A rule for both families is one of IPv4 as soon as it names an address of it.
        let family = etherType ?? (text.contains(":") ? "IPv6" : "IPv4")
        guard text.contains("/") else { return try RuleFields.address(text, body.name(key), family) }
        let block = try RuleFields.block(text, body.name(key), family)
        return RuleFields.isBlank(block) ? nil : block.description
    }

    /// The rule of the same list that `before` names.
    func place(_ body: BodyObject, among others: [StoredACLRule], of rule: StoredACLRule) throws(VPCError) -> String {
        let named = try ObjectIdentity(body, keys: [.id, .href])
        guard let next = others.first(where: { $0.id == named.id }),
            named.key == .id || view.isPath(named.value, of: view.href("network_acls", acl.id, "rules", next.id))
        else { throw named.missing }
        guard next.id != rule.id else {
            throw .field(.badField, named.field, "\(named.field): a rule is not before itself.")
        }
        return next.id
    }
}

extension StoredACLRule {
    fileprivate var place: RuleProtocol.Place { action == "deny" ? .deny : .allow }
}

extension ProjectView {
    /// The rule, with the one after it in its list.
    func render(_ rule: StoredACLRule, in list: [StoredACLRule]) -> JSONObject {
        let next = list.firstIndex { $0.id == rule.id }.map { $0 + 1 }
        return render(rule, before: next.flatMap { $0 < list.count ? list[$0] : nil })
    }

    func render(_ rule: StoredACLRule, before next: StoredACLRule?) -> JSONObject {
        let kind = RuleProtocol(stored: rule.protocolText)
        var body = JSONObject([
            ("id", .string(rule.id)), ("href", .string(href("network_acls", rule.aclID, "rules", rule.id))),
            ("name", .string(rule.name)), ("created_at", .string(APITime.text(rule.createdAt))),
            ("action", .string(rule.action)), ("direction", RuleFields.direction(rule.direction)),
            ("ip_version", rule.etherType == "IPv6" ? "ipv6" : "ipv4"),
            ("protocol", .string(kind.text(rule.place, request.version))),
            ("source", .string(rule.source ?? RuleFields.everything(rule.etherType))),
            ("destination", .string(rule.destination ?? RuleFields.everything(rule.etherType))),
        ])
        switch kind.shape {
        case .ports:
            // Both pairs are always there: clients' models demand them.
            body["source_port_min"] = .int(rule.sourcePortMin ?? 1)
            body["source_port_max"] = .int(rule.sourcePortMax ?? 65_535)
            body["destination_port_min"] = .int(rule.portMin ?? 1)
            body["destination_port_max"] = .int(rule.portMax ?? 65_535)
        case .icmp:
            body["type"] = rule.portMin.map { .int($0) }
            body["code"] = rule.portMax.map { .int($0) }
        case .bare: break
        }
        if let next { body["before"] = reference(next) }
        if rule.recordID != rule.id { body["gatehouse"] = .object(["record_id": .string(rule.recordID)]) }
        return body
    }
}

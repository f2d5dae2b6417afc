import HTTPTypes
import Model
import Registry
import Service

/// `security_groups/GROUP/rules`.
struct GroupRules: VPCResource {
    let request: VPCRequest
    let noun = "security_group_rule"
    let collection = "rules"
    let depth = 2

    private func group(_ view: ProjectView) throws -> StoredGroup { try view.group(request.path[0]) }

    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredRule] {
        try StoredRule.of(group: try group(view).id, in: view.database)
    }

    /// The whole list: these are not cut into pages.
    func list(_ call: Call) async throws -> Answer {
        try await request.read { view in
            let rules = try objects(VPCFilter(call), view)
            return Answer(.ok, .object([collection: .array(try rules.map { .object(try view.render($0)) })]))
        }
    }

    /// A rule asked for under another group is not there.
    func find(_ id: String, _ view: ProjectView) throws -> StoredRule {
        let rule = try view.find(id, as: StoredRule.self)
        guard rule.groupID == (try group(view)).id else { throw VPCError.routeMissing }
        return rule
    }

    func render(_ rule: StoredRule, _ view: ProjectView) throws -> JSONObject { try view.render(rule) }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredRule {
        let group = try group(view)
        let count = try StoredRule.count(ofGroup: group.id, in: view.database)
        try request.quotas.check(\.rulesPerGroup, count + 1, "rules of security group \(group.id)")
        let draft = try GroupRuleReader(view: view, group: group).draft(body)
        return try change.addRule(draft, to: group, told: true, admitsTwins: true)
    }

    func update(_ former: StoredRule, _ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredRule {
        try change.updateRule(
            former, to: try GroupRuleReader(view: view, group: try group(view)).edited(former, body))
    }

    func delete(_ rule: StoredRule, _ change: Change, _ view: ProjectView) throws { try change.deleteRule(rule) }
}

/// Reads rules out of bodies: new ones, and edits of those that are there.
struct GroupRuleReader {
    let view: ProjectView
    let group: StoredGroup

    private static let portKeys = ["port_min", "port_max"]
    private static let icmpKeys = ["type", "code"]

    func draft(_ body: BodyObject) throws -> RuleDraft {
        guard let direction = try RuleFields.direction(body) else { throw body.missing("direction") }
        let etherType = try RuleFields.etherType(body) ?? "IPv4"
        let kind = try RuleProtocol(body, .group, isIPv6: etherType == "IPv6", view.request.version)
        var draft = RuleDraft(
            groupID: group.id, direction: direction, etherType: etherType, protocolText: kind.stored)
        try refuseForeign(kind, body)
        try readNumbers(kind, body, into: &draft)
        try readEnds(body, into: &draft)
        draft.label = try view.newName(body, among: try names(except: nil))
        return draft
    }

    /// A rule as a patch leaves it: valid as a whole, or refused.
    func edited(_ rule: StoredRule, _ body: BodyObject) throws -> RuleDraft {
        var draft = RuleDraft(
            groupID: group.id, direction: try RuleFields.direction(body) ?? rule.direction,
            etherType: try RuleFields.etherType(body) ?? rule.etherType, protocolText: rule.protocolText,
            portMin: rule.portMin, portMax: rule.portMax, remotePrefix: rule.remotePrefix,
            remoteGroupID: rule.remoteGroupID, description: rule.description, localPrefix: rule.localPrefix,
            label: rule.label)
        let kind = RuleProtocol(stored: rule.protocolText)
        if body.has("protocol"), try body.text("protocol") != kind.text(.group, view.request.version) {
            throw VPCError.field(.badField, "protocol", "protocol: it cannot change; make another rule.")
        }
        try refuseForeign(kind, body)
        try readNumbers(kind, body, into: &draft)
        try readEnds(body, into: &draft)
        let others = { try names(except: rule.id) }
        draft.label = try view.changedName(body, from: view.name(rule), among: others) ?? rule.label
        return draft
    }

    private func names(except id: String?) throws -> [String] {
        try StoredRule.of(group: group.id, in: view.database).filter { $0.id != id }.map(view.name)
    }

    private func refuseForeign(_ kind: RuleProtocol, _ body: BodyObject) throws(VPCError) {
        switch kind.shape {
        case .ports:
            try RuleFields.refuse(Self.icmpKeys, in: body, .typeOffProtocol, "only ICMP has types and codes")
        case .icmp:
            try RuleFields.refuse(Self.portKeys, in: body, .portsOffProtocol, "ICMP has no ports")
        case .bare:
            try RuleFields.refuse(
                Self.portKeys + Self.icmpKeys, in: body, .discriminatorForbidden, "the rule's protocol has none")
        }
    }

    private func readNumbers(_ kind: RuleProtocol, _ body: BodyObject, into draft: inout RuleDraft) throws(VPCError) {
        switch kind.shape {
        case .ports:
            draft.portMin = try RuleFields.edited(body, "port_min", 1...65_535, from: draft.portMin)
            draft.portMax = try RuleFields.edited(body, "port_max", 1...65_535, from: draft.portMax)
            try RuleFields.checkPair(draft.portMin, draft.portMax, body.name("port_min"), body.name("port_max"))
        case .icmp:
            draft.portMin = try RuleFields.edited(body, "type", 0...254, from: draft.portMin)
            draft.portMax = try RuleFields.edited(body, "code", 0...255, from: draft.portMax)
            try RuleFields.checkICMP(draft.portMin, draft.portMax, body)
        case .bare: break
        }
    }

    private func readEnds(_ body: BodyObject, into draft: inout RuleDraft) throws {
        if let local = try body.object("local") {
            draft.localPrefix = try prefix(local, ["address", "cidr_block"], "local", draft.etherType)
        }
        guard let remote = try body.object("remote") else { return }
        if remote.has("address") || remote.has("cidr_block") {
            draft.remotePrefix = try prefix(
                remote, ["address", "cidr_block", "id", "crn", "href"], "remote", draft.etherType)
            draft.remoteGroupID = nil
            return
        }
        let named = try ObjectIdentity(remote)
        // A group that a POST makes may name itself only by rules that come later: it has no id before.
        let peer: StoredGroup = try view.find(named)
        if let own = group.vpcID, let other = peer.vpcID, own != other {
            throw VPCError.field(
                .remoteNotInVPC, named.field, "Security group \(peer.id) is in another VPC than \(group.id).")
        }
        (draft.remotePrefix, draft.remoteGroupID) = (nil, peer.id)
    }

    /// An address or a block; exactly one of the keys is there. Every address is nil.
    private func prefix(
        _ body: BodyObject, _ keys: [String], _ name: String, _ etherType: String
    ) throws(VPCError) -> String? {
        let given = keys.filter { body.has($0) }
        guard given.count == 1 else {
            throw .field(
                .onlyOne, body.name(keys[0]).split(separator: ".").dropLast().joined(separator: "."),
                "\(name): exactly one of \(keys.joined(separator: ", ")) is wanted.")
        }
        if let text = try body.text("address") {
            return try RuleFields.address(text, body.name("address"), etherType)
        }
        let text = try body.requiredText("cidr_block")
        let block = try RuleFields.block(text, body.name("cidr_block"), etherType)
        return RuleFields.isBlank(block) ? nil : block.description
    }
}

extension ProjectView {
    func render(_ rule: StoredRule) throws -> JSONObject {
        let kind = RuleProtocol(stored: rule.protocolText)
        var body = JSONObject([
            ("id", .string(rule.id)), ("href", .string(href("security_groups", rule.groupID, "rules", rule.id))),
            ("name", .string(name(rule))), ("resource_type", "security_group_rule"),
            ("direction", RuleFields.direction(rule.direction)),
            ("ip_version", rule.etherType == "IPv6" ? "ipv6" : "ipv4"),
            ("protocol", .string(kind.text(.group, request.version))), ("local", end(rule.localPrefix, rule)),
            ("remote", try remote(rule)),
        ])
        var own = JSONObject()
        let (low, high) = (rule.portMin.map { JSON.int($0) }, rule.portMax.map { JSON.int($0) })
        switch kind.shape {
        case .ports: (body["port_min"], body["port_max"]) = (low, high)
        case .icmp: (body["type"], body["code"]) = (low, high)
        case .bare: (own["port_min"], own["port_max"]) = (low, high)
        }
        // Flow records of an edited rule bear the edition's id.
        if rule.recordID != rule.id { own["record_id"] = .string(rule.recordID) }
        if !own.keys.isEmpty { body["gatehouse"] = .object(own) }
        return body
    }

    private func remote(_ rule: StoredRule) throws -> JSON {
        guard let id = rule.remoteGroupID, let group = try StoredGroup.stored(id, in: database) else {
            return end(rule.remotePrefix, rule)
        }
        return reference(group)
    }

    /// A prefix as `address` or `cidr_block`; nil is every address.
    private func end(_ text: String?, _ rule: StoredRule) -> JSON {
        guard let text, let prefix = RuleDraft.network(text) else {
            return .object(["cidr_block": .string(RuleFields.everything(rule.etherType))])
        }
        return text.contains("/")
            ? .object(["cidr_block": .string(prefix.description)])
            : .object(["address": .string(prefix.base.description)])
    }
}

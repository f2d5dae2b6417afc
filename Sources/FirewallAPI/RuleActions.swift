import Model
import Registry
import Service

/// What changes the list of enterprise rules.
enum RuleActions {
    static let all = [
        FirewallAction(
            name: "AddEnterpriseSecurityGroupRules", right: "create_enterprise_rule", required: ["Data"],
            optional: ["Type", "From", "IsDelay", "IsUseId", "ClientToken", "CfwAiAgentOperationSource"], answer: add),
        FirewallAction(
            name: "ModifyEnterpriseSecurityGroupRule", right: "update_enterprise_rule",
            required: ["ModifyType", "RuleUuid"], optional: ["Data", "Enable", "CfwAiAgentOperationSource"],
            answer: modify),
        FirewallAction(
            name: "RemoveEnterpriseSecurityGroupRule", right: "delete_enterprise_rule",
            required: ["RemoveType", "RuleUuid"], optional: ["CfwAiAgentOperationSource"], answer: remove),
        FirewallAction(
            name: "ModifySecurityGroupSequenceRules", right: "update_enterprise_rule", required: ["Direction", "Data"],
            answer: reorder),
        FirewallAction(
            name: "ModifySecurityGroupItemRuleStatus", right: "update_enterprise_rule",
            required: ["Direction", "Status", "RuleSequence"], answer: switchOne),
        FirewallAction(
            name: "DescribeEnterpriseSGRuleProgress", right: "get_enterprise_rule", answer: progress),
    ]

    // MARK: Adding

    @Sendable private static func add(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let type = try parameters.number("Type", 0...2) ?? 0
        for key in ["IsDelay", "IsUseId"] {
            guard try parameters.number(key, 0...1) ?? 0 == 0 else {
                throw FirewallError(.unsupported, "\(key): only 0 is served; rules are in force as they are sent.")
            }
        }
        _ = try parameters.text("ClientToken")
        let covers = try parameters.text("From") == "batch_import_cover"
        let data = try parameters.objects("Data") ?? []
        guard !data.isEmpty else { throw FirewallError(.valueInvalid, "Data: it is empty; name at least one rule.") }
        let added = try await request.change { change in
            let reader = RuleReader(
                project: request.project, region: request.ground.region.name, database: change.database)
            let wanted = try data.map { try reader.read($0) }
            let drafts = wanted.map(\.draft)
            let place: Change.EnterprisePlace =
                switch type {
                case 1: .front
                case 2: wanted[0].place < 1 ? .end : .at(wanted[0].place)
                default: .end
                }
            let made =
                covers
                ? try change.replaceEnterpriseRules(drafts, of: request.project.id)
                : try change.addEnterpriseRules(drafts, at: place, to: request.project.id)
            let all = try StoredEnterpriseRule.all(of: request.project.id, in: change.database)
            return made.map { rule in (rule, (all.firstIndex { $0.id == rule.id } ?? 0) + 1) }
        }
        let rules = added.map { rule, place in
            JSON.object([
                "RuleUuid": .int(Int(rule.number)), "Sequence": .int(place),
                "SourceContent": .string(RuleWords.content(rule.source)),
                "DestContent": .string(RuleWords.content(rule.target)),
                "Protocol": .string(rule.transport.uppercased()),
                "Description": .string(rule.description), "Scope": "SG",
            ])
        }
        return JSONObject([("Status", .int(0)), ("Rules", .array(rules))])
    }

    // MARK: Changing

    @Sendable private static func modify(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let type = try parameters.number("ModifyType", 0...2) ?? 0
        let number = try parameters.number("RuleUuid") ?? 0
        let data = try parameters.object("Data")
        let enable = try parameters.number("Enable", 0...1)
        switch type {
        case 0:
            guard let data else {
                throw FirewallError(.missing, "The parameter Data is missing; ModifyType 0 replaces a rule's content.")
            }
            try await replace(number, by: data, request)
        case 1: try await turn(enable, request) { rules in [try find(number, in: rules)] }
        default: try await turn(enable, request) { $0 }
        }
        return JSONObject([("Status", .int(0)), ("NewRuleUuid", .int(number))])
    }

    private static func replace(_ number: Int, by data: Parameters, _ request: FirewallRequest) async throws {
        try await request.change { change in
            var rules = try StoredEnterpriseRule.all(of: request.project.id, in: change.database)
            let rule = try find(number, in: rules)
            let reader = RuleReader(
                project: request.project, region: request.ground.region.name, database: change.database)
            var wanted = try reader.read(data)
            guard wanted.place >= 1 else {
                throw data.refusal("OrderIndex", "\(wanted.place)", "a place from 1 on: that which the rule is to have")
            }
            // On or off it stays; that is changed with ModifyType 1.
            var draft = wanted.draft
            draft.isEnabled = rule.isEnabled
            wanted = RuleReader.Wanted(draft: draft, place: wanted.place)
            try change.updateEnterpriseRule(rule, to: wanted.draft)
            rules = try StoredEnterpriseRule.all(of: request.project.id, in: change.database)
            guard let former = rules.firstIndex(where: { $0.id == rule.id }) else { return }
            let moved = rules.remove(at: former)
            rules.insert(moved, at: min(wanted.place - 1, rules.count))
            try change.orderEnterpriseRules(rules)
        }
    }

    private static func turn(
        _ enable: Int?, _ request: FirewallRequest,
        _ choose: @escaping @Sendable ([StoredEnterpriseRule]) throws -> [StoredEnterpriseRule]
    ) async throws {
        guard let enable else {
            throw FirewallError(.missing, "The parameter Enable is missing; 0 turns off, 1 on.")
        }
        try await request.change { change in
            for rule in try choose(StoredEnterpriseRule.all(of: request.project.id, in: change.database)) {
                var draft = rule.draft
                draft.isEnabled = enable == 1
                try change.updateEnterpriseRule(rule, to: draft)
            }
        }
    }

    @Sendable private static func remove(_ request: FirewallRequest) async throws -> JSONObject {
        let type = try request.parameters.number("RemoveType", 0...1) ?? 0
        let number = try request.parameters.number("RuleUuid") ?? 0
        guard type == 0 || number == 0 else {
            throw FirewallError(.combination, "RuleUuid: with RemoveType 1, which removes all rules, it is 0.")
        }
        try await request.change { change in
            let rules = try StoredEnterpriseRule.all(of: request.project.id, in: change.database)
            try change.removeEnterpriseRules(type == 1 ? rules : [find(number, in: rules)])
        }
        return JSONObject([("Status", .int(0)), ("RuleUuid", .int(number))])
    }

    private static func find(
        _ number: Int, in rules: [StoredEnterpriseRule]
    ) throws(FirewallError) -> StoredEnterpriseRule {
        guard let rule = rules.first(where: { $0.number == number }) else {
            throw FirewallError(.notFound, "RuleUuid: the project has no rule \(number).")
        }
        return rule
    }

    // MARK: Order

    @Sendable private static func reorder(_ request: FirewallRequest) async throws -> JSONObject {
        _ = try request.parameters.number("Direction", 0...1)
        var moves: [(from: Int, to: Int)] = []
        for item in try request.parameters.objects("Data") ?? [] {
            try item.check(required: ["OrderIndex", "NewOrderIndex"], optional: [])
            let (from, to) = (try item.number("OrderIndex") ?? 0, try item.number("NewOrderIndex") ?? 0)
            guard !moves.contains(where: { $0.from == from }) else {
                throw FirewallError(.combination, "\(item.name("OrderIndex")): the rule at \(from) is named twice.")
            }
            guard !moves.contains(where: { $0.to == to }) else {
                throw FirewallError(.combination, "\(item.name("NewOrderIndex")): the place \(to) is named twice.")
            }
            moves.append((from, to))
        }
        let wanted = moves
        try await request.change { change in
            let rules = try StoredEnterpriseRule.all(of: request.project.id, in: change.database)
            for (key, place) in wanted.flatMap({ [("OrderIndex", $0.from), ("NewOrderIndex", $0.to)] }) {
                guard rules.indices.contains(place - 1) else {
                    throw FirewallError(
                        .notFound, "Data.\(key): there is no place \(place); the list has \(rules.count).")
                }
            }
            var order = [StoredEnterpriseRule?](repeating: nil, count: rules.count)
            for move in wanted { order[move.to - 1] = rules[move.from - 1] }
            let named = Set(wanted.map(\.from))
            var rest = rules.enumerated().filter { !named.contains($0.offset + 1) }.map(\.element)[...]
            for place in order.indices where order[place] == nil { order[place] = rest.popFirst() }
            try change.orderEnterpriseRules(order.compactMap { $0 })
        }
        return JSONObject([("Status", .int(0))])
    }

    @Sendable private static func switchOne(_ request: FirewallRequest) async throws -> JSONObject {
        _ = try request.parameters.number("Direction", 0...1)
        let status = try request.parameters.number("Status", 0...1)
        let place = try request.parameters.number("RuleSequence") ?? 0
        try await turn(status, request) { rules in
            guard rules.indices.contains(place - 1) else {
                throw FirewallError(.notFound, "RuleSequence: there is no place \(place); the list has \(rules.count).")
            }
            return [rules[place - 1]]
        }
        return JSONObject([("Status", .int(0))])
    }

    // MARK: On the hosts

    @Sendable private static func progress(_ request: FirewallRequest) async throws -> JSONObject {
        let share = try await RuleProgress(request.ground).percent()
        return JSONObject([("Progress", .int(share)), ("UserStopped", .bool(false))])
    }
}

/// How far the newest revision has got.
struct RuleProgress {
    private let ground: FirewallGround

    init(_ ground: FirewallGround) { self.ground = ground }

    /// The hosts in percent that have it in force, or that it does not concern; 100 without hosts.
    func percent() async throws -> Int {
        let (examined, connected) = (ground.hosts.examined, ground.hosts.connected)
        let effects = try await ground.registry.read { database in
            let newest = try PastState.revision(at: .max, in: database) ?? 0
            return try Effect.of(newest, examined: examined, connected: connected, in: database)
        }
        guard !effects.isEmpty else { return 100 }
        let settled = effects.count { $0.state == .inForce || $0.state == .notConcerned }
        return settled * 100 / effects.count
    }
}

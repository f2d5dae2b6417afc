import GRDB
import Model
import Registry
import TestSupport

/// Random changes of a project's enterprise policy, the lists that it names, and what VPCs have collected.
struct EnterpriseActions {
    let change: Change

    func act(_ choice: Int, _ random: inout SplitMix64) throws {
        let rules = try StoredEnterpriseRule.all(of: "p", in: change.database)
        let templates = try StoredAddressTemplate.byName(of: "p", in: change.database)
        switch choice % 3 {
        case 0:
            let place: Change.EnterprisePlace = random.pick([.end, .front, .at(Int.random(in: 1...9, using: &random))])
            let drafts = try (0...random.next() % 2).map { _ in try draft(templates, &random) }
            _ = try change.addEnterpriseRules(drafts, at: place, to: "p")
        case 1:
            guard let rule = rules.randomElement(using: &random) else { return }
            switch Int.random(in: 0..<4, using: &random) {
            case 0: try change.removeEnterpriseRules([rule])
            case 1: try change.orderEnterpriseRules(rules.shuffled(using: &random))
            case 2:
                var draft = rule.draft
                draft.isEnabled.toggle()
                try change.updateEnterpriseRule(rule, to: draft)
            default: try change.updateEnterpriseRule(rule, to: draft(templates, &random))
            }
        default:
            let entries = (0...random.next() % 3).map { _ in "10.\(random.next() % 200).0.0/16" }
            guard let former = templates.randomElement(using: &random) else {
                let id = Change.newID()
                _ = try change.createAddressTemplate(
                    StoredAddressTemplate(
                        id: id, projectID: "p", templateID: "ipm-\(id.prefix(8))", name: "t", description: "",
                        entries: entries))
                return
            }
            if random.chance(40), let vpc = try StoredVPC.order(Column.rowID).fetchOne(change.database) {
                try change.setCollected(random.chance(30) ? nil : [random.pick(TrafficPath.allCases)], of: vpc)
            } else {
                var template = former
                template.entries = entries
                try change.updateAddressTemplate(template, from: former)
            }
        }
    }

    private func draft(
        _ templates: [StoredAddressTemplate], _ random: inout SplitMix64
    ) throws -> StoredEnterpriseRule.Draft {
        StoredEnterpriseRule.Draft(
            source: try end(templates, &random), target: try end(templates, &random),
            action: random.pick(EnterpriseRule.Action.allCases), transport: random.pick(["any", "tcp", "icmp"]),
            ports: "",
            description: random.pick(["a", "b #Apply to Destination Only", "c #Apply to Source Only"]),
            isEnabled: random.chance(80))
    }

    private func end(
        _ templates: [StoredAddressTemplate], _ random: inout SplitMix64
    ) throws -> StoredEnterpriseRule.End {
        func id<Object: StoredObject>(_ type: Object.Type) throws -> String {
            try Object.order(Column.rowID).fetchAll(change.database).randomElement(using: &random)?.id ?? "none"
        }
        return switch Int.random(in: 0..<6, using: &random) {
        case 0: .init(.asset, try id(StoredVPC.self), asset: .vpc)
        case 1: .init(.asset, try id(StoredInterface.self), asset: .interface)
        case 2: .init(.group, try id(StoredGroup.self))
        case 3: .init(.template, templates.randomElement(using: &random)?.templateID ?? "none")
        case 4: .init(.asset, try id(StoredSubnet.self), asset: .subnet)
        default: .init(.network, "10.\(random.next() % 200).0.0/16")
        }
    }
}

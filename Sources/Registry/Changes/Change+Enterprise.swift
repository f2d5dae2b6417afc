import GRDB
package import Model

/// The enterprise policy of a project, and the lists that its rules name.
extension Change {
    /// Where rules come into the list.
    package enum EnterprisePlace: Hashable, Sendable {
        case end
        case front
        /// At this place, counted from 1; past the end is the end.
        case at(Int)
    }

    /// Adds rules to a project's list, in their order.
    package func addEnterpriseRules(
        _ drafts: [StoredEnterpriseRule.Draft], at place: EnterprisePlace, to projectID: String
    ) throws -> [StoredEnterpriseRule] {
        let present = try StoredEnterpriseRule.all(of: projectID, in: database)
        try checkRoom(present.count + drafts.count, .enterpriseRules)
        let index =
            switch place {
            case .end: present.count
            case .front: 0
            case .at(let place): min(max(place - 1, 0), present.count)
            }
        var added: [StoredEnterpriseRule] = []
        for draft in drafts {
            added.append(
                StoredEnterpriseRule(id: Self.newID(), projectID: projectID, number: try newNumber(), place: 0, draft))
        }
        let order = present[..<index].map(\.id) + added.map(\.id) + present[index...].map(\.id)
        let known = Dictionary(present.map { ($0.id, $0.place) }) { first, _ in first }
        let places = SparsePlaces.places(of: order, known: known)
        for index in added.indices {
            added[index].place = places[added[index].id] ?? 0
            let after = try insert(&added[index])
            try audit("enterprise_rule.create", added[index], after: after)
        }
        try move(present, to: places)
        return added
    }

    /// Puts other rules in place of all of a project's, as one change.
    package func replaceEnterpriseRules(
        _ drafts: [StoredEnterpriseRule.Draft], of projectID: String
    ) throws -> [StoredEnterpriseRule] {
        try removeEnterpriseRules(StoredEnterpriseRule.all(of: projectID, in: database))
        return try addEnterpriseRules(drafts, at: .end, to: projectID)
    }

    /// Puts other content in place of a rule's.
    package func updateEnterpriseRule(
        _ former: StoredEnterpriseRule, to draft: StoredEnterpriseRule.Draft
    ) throws {
        var rule = former
        rule.take(draft)
        guard rule != former else { return }
        try update(&rule, from: former)
        try audit("enterprise_rule.update", rule, before: try json(former), after: try json(rule))
    }

    package func removeEnterpriseRules(_ rules: [StoredEnterpriseRule]) throws {
        for rule in rules {
            try delete(rule)
            try audit("enterprise_rule.delete", rule, before: try json(rule))
        }
    }

    /// Puts a project's rules into another order; `order` has each of them once.
    package func orderEnterpriseRules(_ order: [StoredEnterpriseRule]) throws {
        let known = Dictionary(order.map { ($0.id, $0.place) }) { first, _ in first }
        try move(order, to: SparsePlaces.places(of: order.map(\.id), known: known))
    }

    private func move(_ rules: [StoredEnterpriseRule], to places: [String: Int64]) throws {
        for former in rules {
            guard let place = places[former.id], place != former.place else { continue }
            var rule = former
            rule.place = place
            try update(&rule, from: former)
            try audit("enterprise_rule.move", rule, before: try json(former), after: try json(rule))
        }
    }

    /// A number that no rule has had.
    private func newNumber() throws -> Int64 {
        try database.execute(sql: "INSERT INTO enterprise_rule_number DEFAULT VALUES")
        let number = database.lastInsertedRowID
        try database.execute(sql: "DELETE FROM enterprise_rule_number")
        return number
    }

    private func checkRoom(_ count: Int, _ limit: Limit) throws {
        guard count > limit.bound else { return }
        throw RegistryError(.overQuota, "there are at most \(limit.bound) \(limit.meaning); remove some first")
    }

    // MARK: Lists of addresses

    package func createAddressTemplate(_ wanted: StoredAddressTemplate) throws -> StoredAddressTemplate {
        try checkRoom(
            StoredAddressTemplate.byName(of: wanted.projectID, in: database).count + 1, .addressTemplates)
        var template = wanted
        let after = try insert(&template)
        try audit("address_template.create", template, after: after)
        return template
    }

    package func updateAddressTemplate(_ wanted: StoredAddressTemplate, from former: StoredAddressTemplate) throws {
        var template = wanted
        guard template != former else { return }
        try update(&template, from: former)
        try audit("address_template.update", template, before: try json(former), after: try json(template))
    }

    /// Removes a list that no rule names.
    package func deleteAddressTemplate(_ template: StoredAddressTemplate) throws {
        let users = try template.users(in: database)
        guard users.isEmpty else {
            let names = users.prefix(5).map(\.name).joined(separator: ", ")
            throw RegistryError(
                .inUse(.addressTemplate),
                "template \(template.templateID) is named by the rules \(names); change these first")
        }
        try delete(template)
        try audit("address_template.delete", template, before: try json(template))
    }

    // MARK: Collection

    /// Says what VPCs have collected; nil is everything.
    package func setCollected(_ paths: [TrafficPath]?, of former: StoredVPC) throws {
        var vpc = former
        vpc.collected = paths
        guard vpc != former else { return }
        try update(&vpc, from: former)
        try audit("vpc.collect", vpc, before: try json(former), after: try json(vpc))
    }
}

/// Places with holes between them: what comes between two changes no others.
enum SparsePlaces {
    private static let step: Int64 = 1 << 20

    /// A place for each thing, rising in this order; as many as can be keep the one that they have.
    static func places(of order: [String], known: [String: Int64]) -> [String: Int64] {
        let kept = longestRising(order.map { known[$0] })
        var places: [String: Int64] = [:]
        var index = 0
        while index < order.count {
            if kept.contains(index) {
                places[order[index]] = known[order[index]]
                index += 1
                continue
            }
            var end = index
            while end < order.count, !kept.contains(end) { end += 1 }
            let count = Int64(end - index)
            let low =
                index > 0
                ? places[order[index - 1]] ?? 0
                : (end < order.count ? (known[order[end]] ?? 0) - (count + 1) * step : 0)
            let high = end < order.count ? known[order[end]] ?? 0 : low + (count + 1) * step
            // No room between two: all get new ones.
            guard high - low > count else {
                return Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, Int64($0 + 1) * step) })
            }
            let gap = (high - low) / (count + 1)
            for offset in 0..<(end - index) { places[order[index + offset]] = low + gap * Int64(offset + 1) }
            index = end
        }
        return places
    }

    /// The indexes of a longest strictly rising run of those that there are.
    private static func longestRising(_ values: [Int64?]) -> Set<Int> {
        /// The index that ends the best run of each length.
        var ends: [Int] = []
        var before: [Int?] = Array(repeating: nil, count: values.count)
        for (index, value) in values.enumerated() {
            guard let value else { continue }
            var (low, high) = (0, ends.count)
            while low < high {
                let middle = (low + high) / 2
                if values[ends[middle]] ?? 0 < value { low = middle + 1 } else { high = middle }
            }
            before[index] = low > 0 ? ends[low - 1] : nil
            if low == ends.count { ends.append(index) } else { ends[low] = index }
        }
        var kept: Set<Int> = []
        var place = ends.last
        while let index = place {
            kept.insert(index)
            place = before[index]
        }
        return kept
    }
}

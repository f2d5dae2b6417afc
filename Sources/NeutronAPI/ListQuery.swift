import Foundation
import HTTPTypes
import Service

/// What a list's query asks for: filters, attributes, order and page.
struct ListQuery {
    var filters: [(name: String, values: [String])] = []
    var wanted: Set<String>?
    var order: [(key: String, isDescending: Bool)] = []
    /// nil is all.
    var limit: Int?
    var marker: String?
    var isReverse = false
    /// ISO 8601; only objects that changed at or after it.
    var changedSince: String?

    private static let tagFilters: Set = ["tags", "tags-any", "not-tags", "not-tags-any"]

    init(_ call: Call, _ resource: any Resource) throws(NeutronError) {
        let attributes = resource.allAttributes
        var keys: [String] = []
        var directions: [String] = []
        var wrong: [String] = []
        for (key, value) in call.query {
            switch key {
            case "fields": if !value.isEmpty { wanted = (wanted ?? []).union([value]) }
            case "sort_key": keys.append(value)
            case "sort_dir": directions.append(value)
            case "marker": marker = value
            case "page_reverse": isReverse = JSON.string(value).flag ?? false
            case "changed_since": changedSince = value
            case "limit":
                guard let number = Int(value), number >= 0 else {
                    throw .init(.badRequest, "BadRequest", "Limit must be an integer 0 or greater and not '\(value)'")
                }
                limit = number == 0 ? nil : number
            default:
                let isTag = resource.hasTags && Self.tagFilters.contains(key)
                let isKnown = attributes.contains { $0.name == key && $0.isFilterable }
                guard isTag || isKnown else {
                    wrong.append(key)
                    continue
                }
                if let place = filters.firstIndex(where: { $0.name == key }) {
                    filters[place].values.append(value)
                } else {
                    filters.append((key, [value]))
                }
            }
        }
        guard wrong.isEmpty else {
            let names = Set(wrong).sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw .badRequest("[\(names)] is invalid attribute for filtering")
        }
        try readOrder(keys, directions, attributes)
        if let changedSince,
            (try? Date.ISO8601FormatStyle().parse(changedSince.hasSuffix("Z") ? changedSince : changedSince + "Z"))
                == nil
        {
            throw .badRequest("changed_since: \"\(changedSince)\" is no time; write 2026-11-21T00:00:00Z")
        }
    }

    private mutating func readOrder(
        _ keys: [String], _ directions: [String], _ attributes: [Attribute]
    ) throws(NeutronError) {
        guard directions.count == keys.count else {
            throw .badRequest("The number of sort_keys and sort_dirs must be same")
        }
        let wrong = keys.filter { key in !attributes.contains { $0.name == key && $0.isSortable } }
        guard wrong.isEmpty else {
            throw .badRequest("[\(wrong.map { "'\($0)'" }.joined(separator: ", "))] is invalid attribute for sort_keys")
        }
        for (key, direction) in zip(keys, directions) {
            guard ["asc", "desc"].contains(direction) else {
                throw .badRequest("sort_dir: '\(direction)' is not in ['asc', 'desc']")
            }
            order.append((key, direction == "desc"))
        }
    }

    /// Attributes that filters and order read, beside those that the caller wants to see.
    var needed: Set<String>? {
        wanted.map { $0.union(filters.map(\.name)).union(order.map(\.key)).union(["id", "updated_at", "tags"]) }
    }

    /// The rendered objects that the filters admit; those in `done` were applied before.
    func filtered(_ objects: [JSONObject], by resource: some Resource, done: Set<String>) -> [JSONObject] {
        objects.filter { object in
            if let changedSince, let updated = object["updated_at"]?.text, updated < changedSince { return false }
            return filters.allSatisfy { filter in
                done.contains(filter.name) || Self.admits(object, filter.name, filter.values, resource)
            }
        }
    }

    private static func admits(
        _ object: JSONObject, _ name: String, _ values: [String], _ resource: some Resource
    ) -> Bool {
        if let answer = resource.matches(object, filter: name, values: values) { return answer }
        if tagFilters.contains(name) {
            let tags = Set((object["tags"]?.items ?? []).compactMap(\.text))
            let asked = Set(values.flatMap { $0.split(separator: ",") }.map(String.init))
            return switch name {
            case "tags": asked.isSubset(of: tags)
            case "tags-any": !asked.isDisjoint(with: tags)
            case "not-tags": !asked.isSubset(of: tags)
            default: asked.isDisjoint(with: tags)
            }
        }
        guard let own = object[name] else { return false }
        return values.contains { value in
            switch own {
            case .string(let text): text == value
            case .int(let number): String(number) == value
            case .bool(let flag): JSON.string(value).flag == flag
            case .null: value.isEmpty || value == "None"
            case .array(let items): items.contains { $0.text == value }
            default: false
            }
        }
    }

    /// In the order asked for, ties by id, so that pages are stable.
    func sorted(_ objects: [JSONObject]) -> [JSONObject] {
        let keys = order.contains { $0.key == "id" } ? order : order + [(key: "id", isDescending: false)]
        return objects.sorted { one, other in
            for (key, isDescending) in keys {
                switch Self.compare(one[key] ?? .null, other[key] ?? .null) {
                case 0: continue
                case let sign: return (sign < 0) != isDescending
                }
            }
            return false
        }
    }

    private static func compare(_ one: JSON, _ other: JSON) -> Int {
        switch (one, other) {
        case (.string(let a), .string(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.int(let a), .int(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.bool(let a), .bool(let b)): a == b ? 0 : b ? -1 : 1
        case (.null, .null): 0
        case (.null, _): -1
        case (_, .null): 1
        default: 0
        }
    }

    /// The page asked for, and the links to its neighbours.
    func page(_ objects: [JSONObject], _ call: Call, maximum: Int) throws(NeutronError) -> ([JSONObject], [JSON]?) {
        var start = 0
        var end = objects.count
        if let marker {
            guard let place = objects.firstIndex(where: { $0["id"]?.text == marker }) else {
                throw .badRequest("Marker \(marker) could not be found.")
            }
            if isReverse { end = place } else { start = place + 1 }
        }
        guard let size = limit.map({ min($0, maximum) }) ?? (objects.count > maximum ? maximum : nil) else {
            return (Array(objects[start..<end]), nil)
        }
        if isReverse { start = max(start, end - size) } else { end = min(end, start + size) }
        let page = Array(objects[start..<end])
        var links: [JSON] = []
        if page.count == size, let last = page.last?["id"]?.text { links.append(link(call, "next", last, size, false)) }
        let isFirst = marker == nil && !isReverse
        if !isFirst, !(isReverse && page.count < size), let first = page.first?["id"]?.text {
            links.append(link(call, "previous", first, size, true))
        }
        return (page, links)
    }

    private func link(_ call: Call, _ relation: String, _ marker: String, _ size: Int, _ isReverse: Bool) -> JSON {
        var items = call.query.filter { !["marker", "page_reverse", "limit"].contains($0.key) }.map {
            URLQueryItem(name: $0.key, value: $0.value)
        }
        items += [URLQueryItem(name: "limit", value: "\(size)"), URLQueryItem(name: "marker", value: marker)]
        if isReverse { items.append(URLQueryItem(name: "page_reverse", value: "True")) }
        var components = URLComponents()
        components.queryItems = items
        let path = call.path.joined(separator: "/")
        let href = "\(call.base)/networking/v2.0/\(path)?\(components.percentEncodedQuery ?? "")"
        return .object(["rel": .string(relation), "href": .string(href)])
    }

    /// Only the attributes asked for.
    func projected(_ object: JSONObject) -> JSON {
        guard let wanted else { return .object(object) }
        return .object(JSONObject(object.pairs.filter { wanted.contains($0.key) }.map { ($0.key, $0.value) }))
    }
}

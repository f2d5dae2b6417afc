import Service

/// The filters that lists take: all of them must hold, each by one of its values.
struct CommonFilters {
    private enum Operator: Int {
        case equal = 1
        case greater, less, atLeast, atMost, notEqual
        case notIn = 8
        case part

        var isOrder: Bool {
            switch self {
            case .greater, .less, .atLeast, .atMost: true
            case .equal, .notEqual, .notIn, .part: false
            }
        }
    }

    private struct Filter {
        let name: String
        let isAny: Bool
        let test: Operator
        let values: [String]
        let numbers: [Int]
    }

    private var filters: [Filter] = []

    /// Reads filters over rows that have these fields.
    ///
    /// * `any`: the name of a filter over every text of a row; nil where there is none.
    init(_ objects: [Parameters], fields: JSONObject, any: String? = "common") throws(FirewallError) {
        for object in objects {
            try object.check(required: ["Name", "OperatorType", "Values"], optional: [])
            let name = try object.text("Name") ?? ""
            let isAny = name == any
            guard isAny || fields[name] != nil else {
                let names = (any.map { [$0] } ?? []) + fields.keys
                throw FirewallError(
                    .filter, "\(object.name("Name")): \"\(name)\" is none of \(names.joined(separator: ", ")).")
            }
            let code = try object.number("OperatorType") ?? 0
            guard let test = Operator(rawValue: code) else {
                throw FirewallError(.filter, "\(object.name("OperatorType")): \(code) is none of 1 to 6, 8 and 9.")
            }
            let values = try object.texts("Values") ?? []
            guard !values.isEmpty else { throw FirewallError(.filter, "\(object.name("Values")): it is empty.") }
            let numbers = values.compactMap { Int($0) }
            guard !test.isOrder || numbers.count == values.count && fields[name]?.number != nil else {
                throw FirewallError(
                    .filter,
                    "\(object.name("OperatorType")): 2 to 5 compare numbers, and \(name) or its values are none.")
            }
            filters.append(Filter(name: name, isAny: isAny, test: test, values: values, numbers: numbers))
        }
    }

    func admits(_ row: JSONObject) -> Bool { filters.allSatisfy { Self.holds($0, row) } }

    private static func holds(_ filter: Filter, _ row: JSONObject) -> Bool {
        let texts = filter.isAny ? row.pairs.compactMap(\.value.text) : [row[filter.name]?.word ?? ""]
        let number = filter.isAny ? nil : row[filter.name]?.number
        func equal() -> Bool { texts.contains(where: filter.values.contains) }
        switch filter.test {
        case .equal: return equal()
        case .notEqual, .notIn: return !equal()
        case .part:
            // A number is compared whole: 12 is no part of 123.
            if number != nil { return equal() }
            return texts.contains { text in
                filter.values.contains { text.lowercased().contains($0.lowercased()) }
            }
        case .greater: return number.map { value in filter.numbers.contains { value > $0 } } ?? false
        case .less: return number.map { value in filter.numbers.contains { value < $0 } } ?? false
        case .atLeast: return number.map { value in filter.numbers.contains { value >= $0 } } ?? false
        case .atMost: return number.map { value in filter.numbers.contains { value <= $0 } } ?? false
        }
    }
}

extension JSON {
    /// A text or a number as filters compare it; nil for anything else.
    var word: String? { text ?? number.map { "\($0)" } }
}

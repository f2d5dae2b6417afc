import Documents
import Model
import Records

/// Reads the correlation of a rule's file.
struct CorrelationReader {
    let id: String
    let name: String?
    let title: String
    let level: String
    let tags: [String]
    let file: String
    let line: Int

    private static let keys = [
        "type", "rules", "group-by", "timespan", "condition", "aliases", "generate",
    ]

    func read(_ value: FileValue) -> SigmaCorrelation? {
        guard let fields = value.fields(Self.keys), let type = fields.required("type", "event_count"),
            let rules = fields.required("rules", "[NAME]"), let span = fields.required("timespan", "5m")
        else { return nil }
        let words = SigmaCorrelation.Kind.allCases.map(\.rawValue)
        guard let kind = SigmaCorrelation.Kind(rawValue: type.scalar?.text ?? "") else {
            type.report("\(type.kind) is no type of correlation", mend: "write \(words.joined(separator: ", "))")
            return nil
        }
        let names = texts(rules)
        guard !names.isEmpty else {
            rules.report("no rule is named", mend: "write the names or ids of rules")
            return nil
        }
        guard let length = Self.microseconds(span.scalar?.text ?? "") else {
            span.report("\(span.kind) is no length of time", mend: "write a number with s, m, h or d, as 5m")
            return nil
        }
        let groupNames = fields["group-by"].map(texts) ?? []
        guard let groups = groups(groupNames, names, fields["aliases"], fields["group-by"]) else { return nil }
        guard let condition = Condition(fields["condition"], kind, names, value) else { return nil }
        return SigmaCorrelation(
            id: id, name: name, title: title, level: level, tags: tags, kind: kind, rules: names, groups: groups,
            groupNames: groupNames, span: length, bounds: condition.bounds, field: condition.field,
            percentile: condition.percentile, presence: condition.presence,
            generates: fields["generate"]?.flag() ?? false, file: file, line: line)
    }

    private func texts(_ value: FileValue) -> [String] {
        value.isList ? value.elements(of: "names").compactMap(\.scalar?.text) : value.scalar.map { [$0.text] } ?? []
    }

    private static func microseconds(_ text: String) -> Int64? {
        guard let unit = text.last, let number = Int64(text.dropLast()), number > 0, number < 1_000_000 else {
            return nil
        }
        switch unit {
        case "s": return number * 1_000_000
        case "m": return number * 60_000_000
        case "h": return number * 3_600_000_000
        case "d": return number * 86_400_000_000
        default: return nil
        }
    }

    /// For each name to group by, the field of each rule.
    private func groups(
        _ names: [String], _ rules: [String], _ aliases: FileValue?, _ value: FileValue?
    ) -> [[SigmaField]]? {
        var known: [String: [String: SigmaField]] = [:]
        for (alias, mapping) in aliases?.entries("an alias with the field of each rule") ?? [] {
            for (rule, field) in mapping.entries("the field of each rule") ?? [] {
                guard let found = SigmaField(name: field.scalar?.text ?? "") else {
                    field.report(
                        "flow records have no field \(field.kind)",
                        mend: Suggestion.mend(field.scalar?.text ?? "", among: SigmaField.all, none: "name a field"))
                    return nil
                }
                known[alias, default: [:]][rule] = found
            }
        }
        var groups: [[SigmaField]] = []
        for name in names {
            if let alias = known[name] {
                let fields = rules.compactMap { alias[$0] }
                guard fields.count == rules.count else {
                    value?.report("the alias \"\(name)\" does not name a field of each rule", mend: "name one of each")
                    return nil
                }
                groups.append(fields)
            } else if let field = SigmaField(name: name) {
                groups.append(rules.map { _ in field })
            } else {
                value?.report(
                    "flow records have no field \"\(name)\"",
                    mend: Suggestion.mend(name, among: SigmaField.all, none: "name a field"))
                return nil
            }
        }
        return groups
    }

    /// The numbers that must be reached, or the rules that must have found something.
    private struct Condition {
        var bounds: [(bound: SigmaCorrelation.Bound, value: Double)] = []
        var field: SigmaField?
        var percentile = 50.0
        var presence: SigmaCorrelation.Presence?

        init?(_ value: FileValue?, _ kind: SigmaCorrelation.Kind, _ rules: [String], _ owner: FileValue) {
            guard let value else {
                if kind == .temporal || kind == .temporalOrdered { return }
                owner.report("key \"condition\" is missing", mend: "write condition: {gte: 10}")
                return nil
            }
            if let text = value.scalar?.text {
                guard kind == .temporal || kind == .temporalOrdered else {
                    value.report("\(value.kind) where numbers are wanted", mend: "write {gte: 10}")
                    return nil
                }
                let searches = rules.enumerated().map { (name: $1, condition: Self.mark($0)) }
                do throws(SigmaConditionParser.Fault) {
                    let condition = try SigmaConditionParser.parse(text, searches)
                    guard !Self.negates(condition) else {
                        value.report(
                            "\"not\" in a correlation is known only when its window is over",
                            mend: "name the rules that must find something")
                        return nil
                    }
                    presence = Self.presence(condition)
                } catch {
                    value.report(error.message, mend: error.mend)
                    return nil
                }
                return
            }
            for (key, entry) in value.entries("gt, gte, lt, lte, eq, neq, and field") ?? [] {
                let text = entry.scalar?.text ?? ""
                if key == "field" {
                    guard let found = SigmaField(name: text) else {
                        entry.report(
                            "flow records have no field \"\(text)\"",
                            mend: Suggestion.mend(text, among: SigmaField.all, none: "name a field"))
                        return nil
                    }
                    field = found
                } else if key == "percentile" {
                    guard let number = Double(text), (0...100).contains(number) else {
                        entry.report("\(entry.kind) is no percentile", mend: "write 0 to 100")
                        return nil
                    }
                    percentile = number
                } else if let bound = SigmaCorrelation.Bound(rawValue: key) {
                    guard let number = Double(text), number.isFinite else {
                        entry.report("\(entry.kind) is no number", mend: "write a number")
                        return nil
                    }
                    bounds.append((bound, number))
                } else {
                    entry.report(
                        "\"\(key)\" is none of gt, gte, lt, lte, eq, neq, field, percentile", mend: "write one of them")
                    return nil
                }
            }
            guard !bounds.isEmpty || kind == .temporal || kind == .temporalOrdered else {
                value.report("no number is to be reached", mend: "write gte: 10")
                return nil
            }
            if kind.asksField, field == nil {
                value.report("\(kind.rawValue) asks for values of a field", mend: "write field: and its name")
                return nil
            }
        }

        /// A question that stands for a rule, so that one parser reads both kinds of conditions.
        private static func mark(_ number: Int) -> SigmaCondition {
            .test(SigmaTest(field: .column(.id), question: .equals(UInt64(number))))
        }

        private static func negates(_ condition: SigmaCondition) -> Bool {
            switch condition {
            case .test: false
            case .not: true
            case .all(let parts), .any(let parts): parts.contains(where: negates)
            }
        }

        private static func presence(_ condition: SigmaCondition) -> SigmaCorrelation.Presence {
            switch condition {
            case .test(let test):
                if case .equals(let number) = test.question { return .rule(Int(number)) }
                return .all([])
            case .all(let parts): return .all(parts.map(presence))
            case .any(let parts): return .any(parts.map(presence))
            case .not(let part): return presence(part)
            }
        }
    }
}

import Documents
import Model

/// Reads one document of a rule's file.
struct RuleReader {
    enum Content {
        case rule(SigmaRule)
        case correlation(SigmaCorrelation)
        case filter(SigmaFilter)
    }

    let file: String
    let placeholders: [String: [String]]

    func read(_ root: FileValue) -> Content? {
        guard let entries = root.entries("a rule with title, logsource and detection") else { return nil }
        let values = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
        guard let title = values["title"]?.scalar?.text, !title.isEmpty else {
            root.report("key \"title\" is missing", mend: "write title: what the rule finds")
            return nil
        }
        let name = values["name"]?.scalar?.text
        let id = values["id"]?.scalar?.text ?? name ?? title
        let level = values["level"]?.scalar?.text ?? "medium"
        guard ["informational", "low", "medium", "high", "critical"].contains(level) else {
            values["level"]?.report(
                "\"\(level)\" is no level", mend: "write informational, low, medium, high or critical")
            return nil
        }
        let tags = values["tags"].map { $0.isList ? $0.elements(of: "tags").compactMap(\.scalar?.text) : [] } ?? []
        if let correlation = values["correlation"] {
            let reader = CorrelationReader(
                id: id, name: name, title: title, level: level, tags: tags, file: file, line: root.line)
            return reader.read(correlation).map { .correlation($0) }
        }
        guard let source = values["logsource"] else {
            root.report("key \"logsource\" is missing", mend: "write logsource: {category: firewall}")
            return nil
        }
        guard isOfFlows(source) else { return nil }
        if let filter = values["filter"] {
            guard let condition = detection(filter, leaves: ["rules"]), let rules = names(filter) else { return nil }
            return .filter(SigmaFilter(rules: rules, condition: condition, value: filter))
        }
        guard let detection = values["detection"] else {
            root.report("key \"detection\" is missing", mend: "write detection: with a search and a condition")
            return nil
        }
        guard let condition = self.detection(detection, leaves: ["timeframe"]) else { return nil }
        return .rule(
            SigmaRule(
                id: id, name: name, title: title, level: level, tags: tags, condition: condition, file: file,
                line: root.line))
    }

    /// A rule about other logs would never find anything in flow records: it is refused.
    private func isOfFlows(_ source: FileValue) -> Bool {
        guard let entries = source.entries("category, product or service") else { return false }
        for (key, value) in entries {
            let text = value.scalar?.text.lowercased() ?? ""
            switch key {
            case "category":
                guard ["firewall", "network_connection", "flow", "netflow", "network"].contains(text) else {
                    value.report(
                        "flow records are not of the category \"\(text)\"",
                        mend: "write firewall, or leave the rule out")
                    return false
                }
            case "service":
                guard ["flow", "flows", "import", "conn", "vpcflow", "vpc_flow", "flow_log"].contains(text) else {
                    value.report(
                        "flow records are not of the service \"\(text)\"", mend: "write flow, or leave the rule out")
                    return false
                }
            case "product":
                guard ["gatehouse", "zeek", "aws", "ibm", "azure", "gcp", "linux", "ovn", "suricata"].contains(text)
                else {
                    value.report(
                        "flow records are not of the product \"\(text)\"",
                        mend: "write gatehouse, or leave the rule out")
                    return false
                }
            default: break
            }
        }
        return true
    }

    /// The rules that a filter is of; nil, with a report, where none is named.
    private func names(_ filter: FileValue) -> [String]? {
        let value = filter.entries("rules and searches")?.first { $0.key == "rules" }?.value
        guard let value else {
            filter.report("key \"rules\" is missing", mend: "write rules: with the ids or names of rules, or any")
            return nil
        }
        return value.isList ? value.elements(of: "ids or names").compactMap(\.scalar?.text) : [value.scalar?.text ?? ""]
    }

    /// Searches and the condition that joins them.
    private func detection(_ value: FileValue, leaves: [String]) -> SigmaCondition? {
        guard let entries = value.entries("searches and a condition") else { return nil }
        var searches: [(name: String, condition: SigmaCondition)] = []
        var isWhole = true
        for (name, search) in entries where name != "condition" && !(leaves.contains(name) && name == "rules") {
            guard name != "timeframe" else {
                search.report("\"timeframe\" is obsolete", mend: "write a correlation in its place")
                return nil
            }
            if let condition = self.search(search) { searches.append((name, condition)) } else { isWhole = false }
        }
        guard let condition = entries.first(where: { $0.key == "condition" })?.value else {
            value.report("key \"condition\" is missing", mend: "write condition: and the searches that must hold")
            return nil
        }
        guard isWhole else { return nil }
        let texts = condition.isList ? condition.elements(of: "conditions") : [condition]
        var conditions: [SigmaCondition] = []
        for text in texts {
            do throws(SigmaConditionParser.Fault) {
                conditions.append(try SigmaConditionParser.parse(text.scalar?.text ?? "", searches))
            } catch {
                text.report(error.message, mend: error.mend)
                return nil
            }
        }
        return conditions.isEmpty ? nil : .joined(conditions, isAll: false)
    }

    /// A mapping whose lines must all hold, or a list of such of which one must.
    private func search(_ value: FileValue) -> SigmaCondition? {
        if value.isList {
            var parts: [SigmaCondition] = []
            for element in value.elements(of: "searches") {
                guard let part = search(element) else { return nil }
                parts.append(part)
            }
            guard !parts.isEmpty else {
                value.report("an empty search fits nothing", mend: "write a field and its value")
                return nil
            }
            return .joined(parts, isAll: false)
        }
        guard value.isMapping else {
            value.report(
                "\(value.kind) is a keyword, and flow records have fields alone", mend: "write FIELD: and the value")
            return nil
        }
        let reader = ItemReader(placeholders: placeholders)
        var parts: [SigmaCondition] = []
        var isWhole = true
        for (key, item) in value.entries("fields and values") ?? [] {
            if let part = reader.read(key, item) { parts.append(part) } else { isWhole = false }
        }
        guard isWhole, !parts.isEmpty else {
            if isWhole { value.report("an empty search fits nothing", mend: "write a field and its value") }
            return nil
        }
        return .joined(parts, isAll: true)
    }
}

/// What rules leave out, or ask beside their own condition.
struct SigmaFilter {
    /// Ids or names; `any` is all.
    let rules: [String]
    let condition: SigmaCondition
    let value: FileValue
}

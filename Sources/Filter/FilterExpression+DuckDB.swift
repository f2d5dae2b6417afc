import Model
package import Records

/// The filter as DuckDB's SQL, over columns as files of an archive have them.
///
/// Each comparison is false and not unknown where a value is absent, so that `NOT` is plain negation as it is here.
extension FilterExpression {
    package var duckDB: String {
        switch self {
        case .and(let parts): parts.isEmpty ? "true" : "(" + parts.map(\.duckDB).joined(separator: " AND ") + ")"
        case .or(let parts): "(" + parts.map(\.duckDB).joined(separator: " OR ") + ")"
        case .not(let inner): "NOT \(inner.duckDB)"
        case .exists(let field):
            "(" + field.columns.map { "\(DuckDB.name($0)) IS NOT NULL" }.joined(separator: " OR ") + ")"
        case .among(let field, let items, let isNegated): DuckDB.among(field, items, isNegated: isNegated)
        case .compare(let field, .equal, .item(let item)): DuckDB.among(field, [item], isNegated: false)
        case .compare(let field, .notEqual, .item(let item)): DuckDB.among(field, [item], isNegated: true)
        case .compare(let field, let relation, .item(.value(let value))): DuckDB.compare(field, relation, value)
        case .compare(_, _, .item): "false"
        case .compare(let field, let relation, .field(let other)): DuckDB.compare(field, relation, other)
        }
    }
}

/// Pieces of DuckDB's SQL.
package enum DuckDB {
    /// A column's name, quoted.
    package static func name(_ column: FlowColumn) -> String { "\"\(column.rawValue)\"" }

    package static func text(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }

    /// Microseconds since 1970 as a timestamp in UTC.
    package static func instant(_ microseconds: Int64) -> String { "make_timestamp(\(microseconds))" }

    /// Whether an address is of IPv4, which comes before IPv6.
    package static func isIPv4(_ column: String) -> String {
        "(\(column) BETWEEN \(address(0xffff << 32)) AND \(address(0xffff << 32 | 0xffff_ffff)))"
    }

    /// What a field's values are: of a port two.
    package static func values(_ field: FilterField) -> [String] {
        guard field.isSum else { return field.columns.map(name) }
        let (first, second) = (name(field.columns[0]), name(field.columns[1]))
        return [
            "CASE WHEN \(first) IS NULL AND \(second) IS NULL THEN NULL "
                + "ELSE coalesce(\(first), 0)::HUGEINT + coalesce(\(second), 0)::HUGEINT END"
        ]
    }

    private static func address(_ value: UInt128) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return "unhex('\(String(repeating: "0", count: 32 - digits.count) + digits)')"
    }

    private static func literal(_ value: FilterExpression.Value) -> String {
        switch value {
        case .number(let number): "\(number)::HUGEINT"
        case .instant(let microseconds): instant(microseconds)
        case .address(let address): Self.address(UInt128(mapped: address))
        case .text(let text), .name(let text): Self.text(text)
        }
    }

    /// A comparison that is false where it is unknown.
    private static func sure(_ condition: String) -> String { "coalesce(\(condition), false)" }

    private static func any(_ conditions: [String]) -> String {
        conditions.isEmpty ? "false" : "(" + conditions.joined(separator: " OR ") + ")"
    }

    private static func meets(_ value: String, _ item: FilterExpression.Item) -> String {
        switch item {
        case .value(.name): "false"
        case .value(let wanted): sure("(\(value)) = \(literal(wanted))")
        case .range(.address(let low), .address(let high)): within(value, low, high)
        case .range(let low, let high): sure("(\(value)) BETWEEN \(literal(low)) AND \(literal(high))")
        case .network(let prefix): within(value, prefix.base, prefix.last)
        case .beginning(let text): sure("starts_with(\(value), \(Self.text(text)))")
        }
    }

    private static func within(_ value: String, _ low: IPAddress, _ high: IPAddress) -> String {
        let range = "\(value) BETWEEN \(address(UInt128(mapped: low))) AND \(address(UInt128(mapped: high)))"
        return low.family == .ipv4 ? sure(range) : sure("\(range) AND NOT \(isIPv4(value))")
    }

    static func among(_ field: FilterField, _ items: [FilterExpression.Item], isNegated: Bool) -> String {
        var met = values(field).flatMap { value in items.map { meets(value, $0) } }
        var there = values(field).map { "(\($0)) IS NOT NULL" }
        if !field.takesNames || items.contains(where: \.isName) {
            for part in NameColumns(field).duckDB(items) {
                met.append(part.met)
                there.append(part.isThere)
            }
        }
        return isNegated ? "(\(any(there)) AND NOT \(any(met)))" : any(met)
    }

    static func compare(
        _ field: FilterField, _ relation: FilterExpression.Relation, _ value: FilterExpression.Value
    ) -> String {
        guard case .address(let wanted) = value, let column = field.columns.first.map(name) else {
            return any(values(field).map { sure("(\($0)) \(relation.rawValue) \(literal(value))") })
        }
        let own = sure("\(column) \(relation.rawValue) \(literal(value))")
        let isIPv4 = sure(isIPv4(column))
        // IPv4 comes first: an address of the other family is all before, or all behind.
        let other: String =
            switch (relation, wanted.family) {
            case (.less, .ipv6), (.lessOrEqual, .ipv6): isIPv4
            case (.greater, .ipv4), (.greaterOrEqual, .ipv4): "(\(column) IS NOT NULL AND NOT \(isIPv4))"
            case (.less, .ipv4), (.lessOrEqual, .ipv4), (.greater, .ipv6), (.greaterOrEqual, .ipv6), (.equal, _),
                (.notEqual, _):
                "false"
            }
        let family = wanted.family == .ipv4 ? isIPv4 : "NOT \(isIPv4)"
        return "((\(family) AND \(own)) OR \(other))"
    }

    static func compare(_ field: FilterField, _ relation: FilterExpression.Relation, _ other: FilterField) -> String {
        let isAddress = if case .address = field.kind { true } else { false }
        let pairs = values(field).flatMap { first in values(other).map { (first, $0) } }
        let there =
            any(values(field).map { "(\($0)) IS NOT NULL" }) + " AND "
            + any(values(other).map { "(\($0)) IS NOT NULL" })
        if relation == .notEqual { return "(\(there) AND NOT \(any(pairs.map { sure("(\($0)) = (\($1))") })))" }
        return any(
            pairs.map { first, second in
                guard isAddress, relation != .equal else { return sure("(\(first)) \(relation.rawValue) (\(second))") }
                return sure("(NOT \(isIPv4(first)), \(first)) \(relation.rawValue) (NOT \(isIPv4(second)), \(second))")
            })
    }
}

extension NameColumns {
    /// For each column in which a name may stand: when it is met, and when there is anything to compare with.
    func duckDB(_ items: [FilterExpression.Item]) -> [(met: String, isThere: String)] {
        let label = "(\"instance\" || '/' || \"interface\")"
        return sqlColumns.map { column, condition, isLabelled in
            let name = DuckDB.name(column)
            let conditions = items.map { item -> String in
                switch item {
                case .value(.text(let text)), .value(.name(let text)):
                    let quoted = DuckDB.text(text)
                    if column == .ruleID {
                        return text.utf8.count < 4 ? "false" : "starts_with(\(name), \(DuckDB.text(text.lowercased())))"
                    }
                    var parts = ["\(name) = \(quoted)"]
                    if column == .peer { parts.append("starts_with(\(name), \(DuckDB.text(text + "/")))") }
                    if isLabelled { parts.append("\(label) = \(quoted)") }
                    return "(" + parts.map { "coalesce(\($0), false)" }.joined(separator: " OR ") + ")"
                case .beginning(let text) where column != .ruleID: return "starts_with(\(name), \(DuckDB.text(text)))"
                case .range(.text(let low), .text(let high)) where column != .ruleID:
                    return "\(name) BETWEEN \(DuckDB.text(low)) AND \(DuckDB.text(high))"
                case .value, .range, .network, .beginning: return "false"
                }
            }
            let met = "coalesce(\(condition) AND (\(conditions.joined(separator: " OR "))), false)"
            return (met, "coalesce(\(condition) AND \(name) IS NOT NULL, false)")
        }
    }
}

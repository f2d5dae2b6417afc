package import Filter
import Model
package import Parquet
package import Records

/// What is known of the values of some rows without reading them.
package protocol KnownBounds {
    /// Bounds of a column; nil where nothing is known.
    func bounds(_ column: FlowColumn) -> ColumnBounds?
    /// Whether a column may have a value with this hash; true where it is not known.
    func mayContain(_ column: FlowColumn, _ value: UInt128) -> Bool
    var count: Int { get }
}

extension FilterExpression {
    /// Whether any of some rows may hold; false is sure.
    package func mayHold(_ known: some KnownBounds) -> Bool {
        switch self {
        case .and(let parts): parts.allSatisfy { $0.mayHold(known) }
        case .or(let parts): parts.contains { $0.mayHold(known) }
        case .compare(let field, .equal, .item(let item)): Self.mayHold(field, [item], isNegated: false, known)
        case .compare(let field, .notEqual, .item(let item)): Self.mayHold(field, [item], isNegated: true, known)
        case .among(let field, let items, let isNegated):
            Self.mayHold(field, items, isNegated: isNegated, known)
        case .compare(let field, let relation, .item(.value(let value))): Self.mayHold(field, relation, value, known)
        // A negation of what may hold may hold as well.
        case .compare, .not, .exists: true
        }
    }

    private static func mayHold(
        _ field: FilterField, _ relation: Relation, _ value: Value, _ known: some KnownBounds
    ) -> Bool {
        switch value {
        case .number(let number): mayHold(field, RangeTest(relation, number), known)
        case .instant(let instant): mayHold(field, RangeTest(relation, OrderKey.instant(instant)), known)
        case .address, .text, .name: true
        }
    }

    private static func mayHold(_ field: FilterField, _ items: [Item], isNegated: Bool, _ known: some KnownBounds)
        -> Bool
    {
        switch field.kind {
        case .number, .instant:
            return mayHold(field, RangeTest(OrderKey.numbers(items), isNegated: isNegated), known)
        case .address:
            guard !isNegated, !items.contains(where: \.isName), let column = field.columns.first else { return true }
            return items.contains { mayHold(column, $0, known) }
        case .text, .word:
            guard !isNegated, NameColumns(field).all.isEmpty, let column = field.columns.first,
                let bounds = known.bounds(column)
            else { return true }
            if bounds.nullCount == known.count { return false }
            return items.contains { item in
                switch item {
                case .value(.text(let text)):
                    let wanted = PlainBound.text(Array(text.utf8))
                    return bounds.minimum.isNotAfter(wanted) && wanted.isNotAfter(bounds.maximum)
                case .value, .range, .network, .beginning: return true
                }
            }
        }
    }

    private static func mayHold(_ column: FlowColumn, _ item: Item, _ known: some KnownBounds) -> Bool {
        let low: UInt128
        let high: UInt128
        switch item {
        case .value(.address(let address)): (low, high) = (UInt128(mapped: address), UInt128(mapped: address))
        case .network(let prefix): (low, high) = (UInt128(mapped: prefix.base), UInt128(mapped: prefix.last))
        case .range(.address(let first), .address(let last)):
            (low, high) = (UInt128(mapped: first), UInt128(mapped: last))
        case .value, .range, .beginning: return true
        }
        if let bounds = known.bounds(column) {
            if bounds.nullCount == known.count { return false }
            // The bytes' own order: it holds within a family, and a network is of one.
            guard bounds.minimum.isNotAfter(.fixed16(high)), PlainBound.fixed16(low).isNotAfter(bounds.maximum) else {
                return false
            }
        }
        return low != high || known.mayContain(column, low)
    }

    private static func mayHold(_ field: FilterField, _ test: RangeTest<UInt64>, _ known: some KnownBounds) -> Bool {
        switch field {
        case .bytes, .packets: return true
        case .port where test.isNegated: return true
        case .column, .source, .target, .port: break
        }
        return field.columns.contains { column in
            guard let bounds = known.bounds(column) else { return true }
            if bounds.nullCount == known.count { return false }
            guard case .integer(let low, _) = bounds.minimum, case .integer(let high, _) = bounds.maximum else {
                return true
            }
            let flip: UInt64 = field.kind == .instant ? 1 << 63 : 0
            return test.mayHold(from: UInt64(bitPattern: low) ^ flip, to: UInt64(bitPattern: high) ^ flip)
        }
    }
}

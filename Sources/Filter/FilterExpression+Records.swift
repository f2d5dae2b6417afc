package import Model
package import Records

extension FilterExpression {
    /// Whether the expression holds for a record, whose values `cell` gives.
    package func holds(_ cell: @escaping (FlowColumn) -> FlowCell) -> Bool {
        switch self {
        case .not(let inner): !inner.holds(cell)
        case .and(let parts): parts.allSatisfy { $0.holds(cell) }
        case .or(let parts): parts.contains { $0.holds(cell) }
        case .exists(let field): !CellReader(cell).values(field).isEmpty
        case .among(let field, let items, let isNegated): CellReader(cell).isAmong(field, items, isNegated: isNegated)
        case .compare(let field, .equal, .item(let item)):
            CellReader(cell).isAmong(field, [item], isNegated: false)
        case .compare(let field, .notEqual, .item(let item)):
            CellReader(cell).isAmong(field, [item], isNegated: true)
        case .compare(let field, let relation, .item(.value(let value))):
            CellReader(cell).values(field).contains { relation.holds($0, FieldValue(value)) }
        case .compare(_, _, .item): false
        case .compare(let field, let relation, .field(let other)):
            CellReader(cell).holds(field, relation, other)
        }
    }
}

/// A value that can be compared with others of its kind.
package enum FieldValue: Hashable, Comparable {
    /// Numbers, and sums of two of them.
    case number(UInt128)
    case instant(Int64)
    case address(IPAddress)
    case text([UInt8])

    init(_ value: FilterExpression.Value) {
        self =
            switch value {
            case .number(let number): .number(UInt128(number))
            case .instant(let instant): .instant(instant)
            case .address(let address): .address(address)
            case .text(let text), .name(let text): .text(Array(text.utf8))
            }
    }

    package static func < (first: FieldValue, second: FieldValue) -> Bool {
        switch (first, second) {
        case (.number(let first), .number(let second)): first < second
        case (.instant(let first), .instant(let second)): first < second
        case (.address(let first), .address(let second)): first < second
        case (.text(let first), .text(let second)): first.lexicographicallyPrecedes(second)
        case (.number, _), (.instant, _), (.address, _), (.text, _): false
        }
    }
}

extension FilterExpression.Relation {
    package func holds(_ first: FieldValue, _ second: FieldValue) -> Bool {
        switch self {
        case .equal: first == second
        case .notEqual: first != second
        case .less: first < second
        case .lessOrEqual: first < second || first == second
        case .greater: second < first
        case .greaterOrEqual: second < first || first == second
        }
    }
}

/// Reads the fields of one record.
private struct CellReader {
    private let cell: (FlowColumn) -> FlowCell

    init(_ cell: @escaping (FlowColumn) -> FlowCell) { self.cell = cell }

    private func value(_ column: FlowColumn) -> FieldValue? {
        switch cell(column) {
        case .absent: nil
        case .text(let text): .text(Array(text.utf8))
        case .number(let number): .number(UInt128(number))
        case .instant(let instant):
            .instant(instant.nanoseconds >= 0 ? instant.nanoseconds / 1000 : (instant.nanoseconds - 999) / 1000)
        case .address(let address): .address(address)
        case .id(let high, let low): .text(Array(Identifier<FlowRecord>(high: high, low: low).description.utf8))
        }
    }

    /// The values that a field has: of a port up to two, of most at most one.
    func values(_ field: FilterField) -> [FieldValue] {
        let values = field.columns.compactMap(value)
        switch field {
        case .bytes, .packets:
            guard !values.isEmpty else { return [] }
            return [
                .number(
                    values.reduce(0) { sum, value in
                        if case .number(let number) = value { sum + number } else { sum }
                    })
            ]
        case .column, .source, .target, .port: return values
        }
    }

    func holds(_ field: FilterField, _ relation: FilterExpression.Relation, _ other: FilterField) -> Bool {
        let (first, second) = (values(field), values(other))
        guard !first.isEmpty, !second.isEmpty else { return false }
        // Of two ports the unequal are those of which none is the other's.
        if relation == .notEqual { return !first.contains { second.contains($0) } }
        return first.contains { one in second.contains { relation.holds(one, $0) } }
    }

    func isAmong(_ field: FilterField, _ items: [FilterExpression.Item], isNegated: Bool) -> Bool {
        let values = values(field)
        let names = NameColumns(field)
        let asksNames = !field.takesNames || items.contains(where: \.isName)
        let isThere =
            !values.isEmpty || (asksNames && names.columns(for: text(.direction)).contains { cell($0) != .absent })
        guard isThere else { return false }
        let isMet = items.contains { item in
            values.contains { Self.meets($0, item) }
                || names.meets(item, direction: text(.direction), label: label, text)
        }
        return isMet != isNegated
    }

    private func text(_ column: FlowColumn) -> String? {
        guard case .text(let bytes)? = value(column) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `INSTANCE/INTERFACE`.
    private var label: String? {
        guard let instance = text(.instance), let interface = text(.interface) else { return nil }
        return "\(instance)/\(interface)"
    }

    private static func meets(_ value: FieldValue, _ item: FilterExpression.Item) -> Bool {
        switch (item, value) {
        case (.value(.name), _): return false
        case (.value(let wanted), _): return value == FieldValue(wanted)
        case (.range(let low, let high), .address(let address)):
            guard case .address(let first) = low, first.family == address.family else { return false }
            return !(value < FieldValue(low)) && !(FieldValue(high) < value)
        case (.range(let low, let high), _): return !(value < FieldValue(low)) && !(FieldValue(high) < value)
        case (.network(let prefix), .address(let address)): return prefix.contains(address)
        case (.beginning(let text), .text(let bytes)): return bytes.starts(with: text.utf8)
        case (.network, _), (.beginning, _): return false
        }
    }
}

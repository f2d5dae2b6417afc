package import Filter
package import Records

/// What is asked of an archive.
package struct FlowQuestion: Sendable {
    /// What a grouped row tells of its records, beside how many there are.
    package enum Aggregate: Hashable, Sendable {
        case sum(FilterField)
        case distinct(FilterField)
        /// Nearest rank, of so many tenths of a per cent: 950 is the 95th percentile.
        case percentile(FilterField, perMille: Int)

        package var field: FilterField {
            switch self {
            case .sum(let field), .distinct(let field), .percentile(let field, _): field
            }
        }

        /// The key that the value stands under in answers.
        package var name: String {
            switch self {
            case .sum(let field): "sum_\(field.canonicalName)"
            case .distinct(let field): "distinct_\(field.canonicalName)"
            case .percentile(let field, let perMille):
                "percentile_\(field.canonicalName)_\(perMille / 10)" + (perMille % 10 == 0 ? "" : "_\(perMille % 10)")
            }
        }
    }

    package struct Order: Hashable, Sendable {
        package let column: FlowColumn
        package let isDescending: Bool

        package init(_ column: FlowColumn, isDescending: Bool) {
            (self.column, self.isDescending) = (column, isDescending)
        }
    }

    package var filter = FilterExpression.always
    /// Only records whose span touches this range, in microseconds since 1970; the end is not in it.
    package var since: Int64?
    package var until: Int64?
    /// The columns of rows, in order; nil is all.
    package var columns: [FlowColumn]?
    package var sort: [Order] = []
    package var limit: Int?
    package var groups: [FlowColumn] = []
    package var aggregates: [Aggregate] = []
    /// Whether rows are counted and not shown.
    package var isCounted = false
    package var top: Int?
    /// Only records, and statements of loss, of this project, as if there were no others; nil is all.
    package var project: String?
    /// Microseconds of a step.
    package var step: Int64?
    /// An answer may have so many groups, and values that are held for distinct ones and percentiles; nil is any number.
    package var mostGroups: Int?

    package init() {}

    /// Whether the answer has groups in place of records.
    package var isGrouped: Bool { isCounted || !groups.isEmpty || !aggregates.isEmpty || step != nil }

    /// The names of the columns of the answer's rows.
    package var names: [String] { isGrouped ? Grouping.names(self) : RowCollector.names(self) }

    /// The fields whose absent values the answer tells of.
    package var askedFields: [FilterField] {
        var fields: [FilterField] = []
        for field in filter.fields + groups.map({ FilterField.column($0) }) + aggregates.map(\.field)
        where !fields.contains(field) {
            fields.append(field)
        }
        return fields
    }
}

extension FilterField {
    /// The column's own name, whatever word was typed.
    package var canonicalName: String {
        switch self {
        case .column(let column): column.rawValue
        case .source: FlowColumn.initiatorIP.rawValue
        case .target: FlowColumn.targetIP.rawValue
        case .port, .bytes, .packets: name
        }
    }
}

extension FilterExpression {
    /// The fields that the expression asks about, in order.
    package var fields: [FilterField] {
        switch self {
        case .compare(let field, _, .field(let other)): [field, other]
        case .compare(let field, _, .item), .among(let field, _, _), .exists(let field): [field]
        case .not(let inner): inner.fields
        case .and(let parts), .or(let parts): parts.flatMap(\.fields)
        }
    }
}

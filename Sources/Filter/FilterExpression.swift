package import Model

/// A condition on a record.
///
/// Each comparison is false where the value is absent; `not` is plain negation.
package indirect enum FilterExpression: Hashable, Sendable {
    case compare(FilterField, Relation, Operand)
    case among(FilterField, [Item], isNegated: Bool)
    case exists(FilterField)
    case not(FilterExpression)
    case and([FilterExpression])
    case or([FilterExpression])

    package enum Relation: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    /// What stands to the right of a relation.
    package enum Operand: Hashable, Sendable {
        case item(Item)
        case field(FilterField)
    }

    /// One value, or many that belong together.
    package enum Item: Hashable, Sendable {
        case value(Value)
        /// Both ends in.
        case range(Value, Value)
        case network(IPPrefix)
        /// Texts that begin so.
        case beginning(String)
    }

    package enum Value: Hashable, Sendable {
        case number(UInt64)
        /// Microseconds since 1970.
        case instant(Int64)
        case address(IPAddress)
        case text(String)
        /// In place of an address: the name of an interface or an instance.
        case name(String)
    }

    /// All of them; one alone stands for itself.
    package static func all(_ parts: [FilterExpression]) -> FilterExpression {
        parts.count == 1 ? parts[0] : .and(parts)
    }

    /// Holds for every record.
    package static let always = FilterExpression.and([])
}

extension FilterExpression.Item {
    /// Whether a name is compared, and not an address.
    package var isName: Bool {
        if case .value(.name) = self { true } else { false }
    }
}

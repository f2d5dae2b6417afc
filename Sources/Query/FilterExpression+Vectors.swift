package import Filter
package import Parquet
package import Records

extension FilterExpression {
    /// The columns that must be read to tell whether the expression holds.
    package var columns: Set<FlowColumn> {
        switch self {
        case .compare(let field, let relation, .item(let item)):
            Set(field.columns).union(Self.nameColumns(field, relation, [item]))
        case .compare(let field, _, .field(let other)): Set(field.columns + other.columns)
        case .among(let field, let items, _): Set(field.columns).union(Self.nameColumns(field, .equal, items))
        case .exists(let field): Set(field.columns)
        case .not(let inner): inner.columns
        case .and(let parts), .or(let parts): parts.reduce(into: []) { $0.formUnion($1.columns) }
        }
    }

    private static func nameColumns(_ field: FilterField, _ relation: Relation, _ items: [Item]) -> [FlowColumn] {
        guard relation == .equal || relation == .notEqual else { return [] }
        guard field.takesNames, !items.contains(where: \.isName) else { return NameColumns(field).all }
        return []
    }

    /// For each row 1 where the expression holds, else 0.
    ///
    /// - Parameters:
    ///   - count: How many rows there are.
    ///   - vector: The values of a column that `columns` names.
    /// - Returns: As many entries as rows.
    package func mask(count: Int, _ vector: @escaping (FlowColumn) -> ColumnVector) -> [UInt8] {
        switch self {
        case .not(let inner):
            var mask = inner.mask(count: count, vector)
            for row in mask.indices { mask[row] ^= 1 }
            return mask
        case .and(let parts):
            guard var mask = parts.first?.mask(count: count, vector) else { return [UInt8](repeating: 1, count: count) }
            for part in parts.dropFirst() {
                let other = part.mask(count: count, vector)
                for row in mask.indices { mask[row] &= other[row] }
            }
            return mask
        case .or(let parts):
            var mask = [UInt8](repeating: 0, count: count)
            for part in parts {
                let other = part.mask(count: count, vector)
                for row in mask.indices { mask[row] |= other[row] }
            }
            return mask
        case .exists(let field):
            var mask = [UInt8](repeating: 0, count: count)
            for column in field.columns {
                guard let presence = vector(column).presence else { return [UInt8](repeating: 1, count: count) }
                for row in mask.indices { mask[row] |= presence[row] }
            }
            return mask
        case .among(let field, let items, let isNegated):
            return VectorTest(count, vector).among(field, items, isNegated: isNegated)
        case .compare(let field, let relation, .field(let other)):
            return VectorTest(count, vector).compare(field, relation, other)
        case .compare(let field, .equal, .item(let item)):
            return VectorTest(count, vector).among(field, [item], isNegated: false)
        case .compare(let field, .notEqual, .item(let item)):
            return VectorTest(count, vector).among(field, [item], isNegated: true)
        case .compare(let field, let relation, .item(.value(let value))):
            return VectorTest(count, vector).compare(field, relation, value)
        case .compare(_, _, .item): return [UInt8](repeating: 0, count: count)
        }
    }
}

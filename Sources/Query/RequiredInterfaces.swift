import Filter
import Records

extension FilterExpression {
    /// The ids of interfaces outside of which the expression cannot hold; nil where it may hold at any.
    ///
    /// Loss is narrowed by them, and by nothing else: what was lost may have had any other value.
    var requiredInterfaces: Set<String>? {
        switch self {
        case .compare(.column(.interfaceID), .equal, .item(.value(.text(let id)))): return [id]
        case .among(.column(.interfaceID), let items, isNegated: false):
            var ids: Set<String> = []
            for item in items {
                guard case .value(.text(let id)) = item else { return nil }
                ids.insert(id)
            }
            return ids
        case .and(let parts):
            let sets = parts.compactMap(\.requiredInterfaces)
            guard let first = sets.first else { return nil }
            return sets.dropFirst().reduce(first) { $0.intersection($1) }
        case .or(let parts):
            var union: Set<String> = []
            for part in parts {
                guard let ids = part.requiredInterfaces else { return nil }
                union.formUnion(ids)
            }
            return union
        case .compare, .among, .exists, .not: return nil
        }
    }
}

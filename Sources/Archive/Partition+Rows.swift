import Parquet
import Records

extension Partition {
    /// The rows of a batch by the folder that each belongs into; a record without start has none, and there is none.
    static func rows(_ vectors: [FlowColumn: ColumnVector]) -> [(Partition, [UInt32])] {
        guard let starts = vectors[.start], case .integers(let instants) = starts.values else { return [] }
        struct Key: Hashable {
            let project: UInt32
            let vpc: UInt32
            let hour: Int64
        }
        var groups: [Key: [UInt32]] = [:]
        var (lastKey, lastRows): (Key?, [UInt32]) = (nil, [])
        for row in instants.indices {
            let key = Key(
                project: code(vectors[.project], row), vpc: code(vectors[.vpc], row), hour: hour(of: instants[row]))
            if key != lastKey {
                if let lastKey { groups[lastKey] = lastRows }
                lastRows = groups.removeValue(forKey: key) ?? []
                lastKey = key
            }
            lastRows.append(UInt32(row))
        }
        if let lastKey { groups[lastKey] = lastRows }
        return groups.map { key, rows in
            (
                Partition(
                    project: text(vectors[.project], key.project), vpc: text(vectors[.vpc], key.vpc), hour: key.hour),
                rows
            )
        }.sorted { $0.0.path < $1.0.path }
    }

    private static func code(_ vector: ColumnVector?, _ row: Int) -> UInt32 {
        guard let vector, vector.isPresent(row), case .texts(let codes, _) = vector.values else { return .max }
        return codes[row]
    }

    private static func text(_ vector: ColumnVector?, _ code: UInt32) -> String? {
        guard code != .max, let vector, case .texts(_, let table) = vector.values else { return nil }
        return table.text(code)
    }
}

import Parquet
import Records

/// Puts rows into the order of a file.
enum RowOrder {
    /// The rows of a range, ordered by interface, initiator, target and start; absent values come last.
    static func sorted(_ rows: [UInt32], _ vectors: [FlowColumn: ColumnVector]) -> [UInt32] {
        var keys: [SortKey] = []
        keys.reserveCapacity(rows.count)
        let interfaces = ranks(vectors[.interfaceID])
        let initiators = vectors[.initiatorIP]
        let targets = vectors[.targetIP]
        let starts = vectors[.start]
        for row in rows {
            let index = Int(row)
            keys.append(
                SortKey(
                    interface: interfaces.isEmpty ? 0 : interfaces[index], row: row,
                    initiator: address(initiators, index), target: address(targets, index),
                    start: number(starts, index)))
        }
        keys.sort { $0.isBefore($1) }
        return keys.map(\.row)
    }

    private struct SortKey {
        let interface: UInt32
        let row: UInt32
        let initiator: UInt128
        let target: UInt128
        let start: Int64

        func isBefore(_ other: SortKey) -> Bool {
            if interface != other.interface { return interface < other.interface }
            if initiator != other.initiator { return initiator < other.initiator }
            if target != other.target { return target < other.target }
            if start != other.start { return start < other.start }
            return row < other.row
        }
    }

    private static func address(_ vector: ColumnVector?, _ row: Int) -> UInt128 {
        guard let vector, vector.isPresent(row), case .fixed16(let values) = vector.values else { return .max }
        return values[row]
    }

    private static func number(_ vector: ColumnVector?, _ row: Int) -> Int64 {
        guard let vector, vector.isPresent(row), case .integers(let values) = vector.values else { return .max }
        return values[row]
    }

    /// The place of each row's text among all texts in order.
    private static func ranks(_ vector: ColumnVector?) -> [UInt32] {
        guard let vector, case .texts(let codes, let table) = vector.values else { return [] }
        let order = (0..<UInt32(table.count)).sorted { table[$0].lexicographicallyPrecedes(table[$1]) }
        var ranks = [UInt32](repeating: 0, count: table.count)
        for (rank, code) in order.enumerated() { ranks[Int(code)] = UInt32(rank) }
        return codes.indices.map { vector.isPresent($0) ? ranks[Int(codes[$0])] : .max }
    }
}

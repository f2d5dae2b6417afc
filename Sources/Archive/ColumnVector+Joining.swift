package import Parquet

extension ColumnVector {
    /// A column without any value.
    package static func absent(like type: ColumnType, rows: Int) -> ColumnVector {
        let presence = [UInt8](repeating: 0, count: rows)
        return switch type {
        case .fixed16: ColumnVector(.fixed16([UInt128](repeating: 0, count: rows)), presence: presence)
        case .string, .bytes:
            ColumnVector(.texts(codes: [UInt32](repeating: 0, count: rows), table: TextTable()), presence: presence)
        case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .uint64, .timestamp, .other:
            ColumnVector(.integers([Int64](repeating: 0, count: rows)), presence: presence)
        }
    }

    /// The rows of several vectors of one type behind each other.
    package static func joined(_ parts: [ColumnVector], type: ColumnType) -> ColumnVector {
        var presence: [UInt8]?
        if parts.contains(where: { $0.presence != nil }) {
            presence = parts.flatMap { $0.presence ?? [UInt8](repeating: 1, count: $0.count) }
        }
        switch type {
        case .fixed16:
            let values = parts.flatMap { part -> [UInt128] in
                if case .fixed16(let values) = part.values { values } else { [] }
            }
            return ColumnVector(.fixed16(values), presence: presence)
        case .string, .bytes:
            var interner = TextInterner()
            var codes: [UInt32] = []
            for part in parts {
                guard case .texts(let own, let table) = part.values else { continue }
                var known = [UInt32](repeating: .max, count: table.count)
                for row in 0..<own.count {
                    guard part.isPresent(row) else {
                        codes.append(0)
                        continue
                    }
                    let code = Int(own[row])
                    if known[code] == .max { known[code] = interner.code(table[own[row]]) }
                    codes.append(known[code])
                }
            }
            return ColumnVector(.texts(codes: codes, table: interner.table), presence: presence)
        case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .uint64, .timestamp, .other:
            let values = parts.flatMap { part -> [Int64] in
                if case .integers(let values) = part.values { values } else { [] }
            }
            return ColumnVector(.integers(values), presence: presence)
        }
    }
}

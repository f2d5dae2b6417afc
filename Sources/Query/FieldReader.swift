import Archive
import Filter
import Parquet
import Records

/// Reads the values of a field, row by row.
struct FieldReader {
    enum Value {
        /// Numbers and addresses; instants so that their order is that of the numbers.
        case number(UInt128)
        case text(String)
    }

    private let field: FilterField
    private let vectors: [ColumnVector]

    init(_ field: FilterField, _ batch: Batch) {
        self.field = field
        vectors = field.columns.map { batch.vector($0) }
    }

    /// Whether the field has a value in a row.
    func isKnown(_ row: Int) -> Bool { vectors.contains { $0.isPresent(row) } }

    func forEach(_ row: Int, _ take: (Value) -> Void) {
        switch field {
        case .bytes, .packets:
            guard isKnown(row) else { return }
            var sum: UInt128 = 0
            for vector in vectors where vector.isPresent(row) {
                if case .integers(let values) = vector.values { sum += UInt128(UInt64(bitPattern: values[row])) }
            }
            take(.number(sum))
        case .column, .source, .target, .port:
            for vector in vectors where vector.isPresent(row) {
                switch vector.values {
                case .integers(let values):
                    let bits = UInt64(bitPattern: values[row])
                    take(.number(UInt128(field.kind == .instant ? bits ^ (1 << 63) : bits)))
                case .fixed16(let values): take(.number(values[row]))
                case .texts(let codes, let table): take(.text(table.text(codes[row])))
                }
            }
        }
    }
}

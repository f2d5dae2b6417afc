import Model
package import Parquet
package import Records

/// Rows of records, column by column, of which rules ask.
package struct SigmaBatch {
    package let count: Int
    private let columns: [FlowColumn: ColumnVector]

    package init(_ columns: [FlowColumn: ColumnVector]) {
        self.columns = columns
        count = columns[.start]?.count ?? 0
        for case .sum(let one, let other) in SigmaField.sums {
            guard columns[one] != nil || columns[other] != nil else { continue }
            sums[.sum(one, other)] = Self.sum([columns[one], columns[other]].compactMap { $0 }, count)
        }
    }

    /// Both ways together, as far as they are known, reckoned once.
    private var sums: [SigmaField: ColumnVector] = [:]

    private static func sum(_ vectors: [ColumnVector], _ count: Int) -> ColumnVector {
        var values = [Int64](repeating: 0, count: count)
        var presence = [UInt8](repeating: 0, count: count)
        for vector in vectors {
            guard case .integers(let numbers) = vector.values else { continue }
            for row in 0..<count where vector.isPresent(row) {
                values[row] &+= numbers[row]
                presence[row] = 1
            }
        }
        return ColumnVector(.integers(values), presence: presence)
    }

    func vector(_ column: FlowColumn) -> ColumnVector? { columns[column] }

    /// The values of a field.
    func vector(_ field: SigmaField) -> ColumnVector? {
        switch field {
        case .column(let column): columns[column]
        case .sum: sums[field]
        }
    }

    /// A field's number in a row; nil where it is not known.
    func number(_ field: SigmaField, _ row: Int) -> UInt64? {
        guard let vector = vector(field), vector.isPresent(row), case .integers(let values) = vector.values else {
            return nil
        }
        return UInt64(bitPattern: values[row])
    }

    /// A field's value as text; nil where there is none.
    package func text(_ field: SigmaField, _ row: Int) -> String? {
        guard case .column(let column) = field else { return number(field, row).map { String($0) } }
        guard let vector = columns[column], vector.isPresent(row) else { return nil }
        switch vector.values {
        case .texts(let codes, let table): return table.text(codes[row])
        case .fixed16(let values): return Self.address(values[row])
        case .integers(let values):
            if column.kind == .instant { return Self.instant(values[row]) }
            return String(UInt64(bitPattern: values[row]))
        }
    }

    static func address(_ bits: UInt128) -> String {
        if bits >> 32 == 0xffff { return IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)).description }
        return IPAddress(
            ipv6High: UInt64(truncatingIfNeeded: bits >> 64), low: UInt64(truncatingIfNeeded: bits)
        ).description
    }

    static func instant(_ microseconds: Int64) -> String {
        Timestamp(nanoseconds: microseconds.multipliedReportingOverflow(by: 1000).partialValue).description
    }

    package func id(_ row: Int) -> String { text(.column(.id), row) ?? "" }
    package func start(_ row: Int) -> Int64 { number(.column(.start), row).map { Int64(bitPattern: $0) } ?? 0 }
}

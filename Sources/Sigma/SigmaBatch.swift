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
    }

    func vector(_ column: FlowColumn) -> ColumnVector? { columns[column] }

    /// A field's number in a row; nil where it is not known. Of a sum what is known is added.
    func number(_ field: SigmaField, _ row: Int) -> UInt64? {
        var sum: UInt64?
        for column in field.columns {
            guard let vector = columns[column], vector.isPresent(row), case .integers(let values) = vector.values else {
                continue
            }
            sum = (sum ?? 0) &+ UInt64(bitPattern: values[row])
        }
        return sum
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

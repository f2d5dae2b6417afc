package import Model
import Parquet
package import Records

extension FlowBatch {
    /// Adds a row of a host's own records.
    package mutating func add(_ row: FlowRow) {
        for column in FlowColumn.allCases where column != .id {
            switch row.cell(column) {
            case .absent: break
            case .text(let text): set(column.ordinal, text: text)
            case .number(let number): set(column.ordinal, integer: Int64(bitPattern: number))
            case .instant(let instant): set(column.ordinal, integer: instant.microseconds)
            case .address(let address): set(column.ordinal, address: UInt128(address))
            case .id(let high, let low):
                set(column.ordinal, text: Identifier<FlowRecord>(high: high, low: low).description)
            }
        }
        endRow()
    }
}

extension Timestamp {
    /// Whole microseconds, rounded down.
    package var microseconds: Int64 { nanoseconds >= 0 ? nanoseconds / 1000 : (nanoseconds - 999) / 1000 }
}

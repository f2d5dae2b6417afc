package import Parquet
package import Records

/// Flow records column by column, as they are gathered for a segment.
///
/// A row is what was set since the row before; what was not set is absent.
package struct FlowBatch: Sendable {
    private var builders: [ColumnBuilder]
    package private(set) var rowCount = 0

    package init() { builders = FlowColumn.allCases.map { ColumnBuilder($0.kind) } }

    /// Sets a number, or an instant in microseconds since 1970; of `end` too the instant.
    ///
    /// Columns are named by their `ordinal`, which a reader of lines looks up once.
    package mutating func set(_ column: Int, integer value: Int64) { builders[column].set(value, row: rowCount) }
    package mutating func set(_ column: Int, address value: UInt128) { builders[column].set(value, row: rowCount) }
    package mutating func set(_ column: Int, text: ArraySlice<UInt8>) { builders[column].set(text, row: rowCount) }
    package mutating func set(_ column: Int, text: String) {
        builders[column].set(Array(text.utf8)[...], row: rowCount)
    }

    package mutating func endRow() { rowCount += 1 }

    /// Takes back what was set of a row that is not ended.
    package mutating func dropRow() {
        for index in builders.indices { builders[index].cut(to: rowCount) }
    }

    package mutating func removeAll() { self = FlowBatch() }

    /// The vectors of all columns that have a value.
    var vectors: [FlowColumn: ColumnVector] {
        var vectors: [FlowColumn: ColumnVector] = [:]
        for column in FlowColumn.allCases where builders[column.ordinal].hasValues { vectors[column] = vector(column) }
        return vectors
    }

    /// The values of a column for all rows.
    package func vector(_ column: FlowColumn) -> ColumnVector { builders[column.ordinal].vector(rows: rowCount) }
}

/// Gathers the values of one column.
private struct ColumnBuilder: Sendable {
    private let isText: Bool
    private let isAddress: Bool
    private var integers: [Int64] = []
    private var addresses: [UInt128] = []
    private var codes: [UInt32] = []
    private var interner = TextInterner()
    private var presence: [UInt8] = []
    private var hasAbsent = false

    init(_ kind: FlowColumn.Kind) {
        switch kind {
        case .text, .word: (isText, isAddress) = (true, false)
        case .address: (isText, isAddress) = (false, true)
        case .number, .instant: (isText, isAddress) = (false, false)
        }
    }

    /// Whether any row has one.
    var hasValues: Bool { !presence.isEmpty }

    mutating func set(_ value: Int64, row: Int) {
        fill(to: row)
        integers.append(value)
        presence.append(1)
    }

    mutating func set(_ value: UInt128, row: Int) {
        fill(to: row)
        addresses.append(value)
        presence.append(1)
    }

    mutating func set(_ text: ArraySlice<UInt8>, row: Int) {
        fill(to: row)
        codes.append(interner.code(text))
        presence.append(1)
    }

    /// Makes the rows before one absent that nothing was set of; a second value in a row takes the first's place.
    private mutating func fill(to row: Int) {
        if presence.count > row { cut(to: row) }
        guard presence.count < row else { return }
        hasAbsent = true
        let missing = row - presence.count
        presence.append(contentsOf: repeatElement(0, count: missing))
        if isText {
            codes.append(contentsOf: repeatElement(0, count: missing))
        } else if isAddress {
            addresses.append(contentsOf: repeatElement(0, count: missing))
        } else {
            integers.append(contentsOf: repeatElement(0, count: missing))
        }
    }

    mutating func cut(to rows: Int) {
        guard presence.count > rows else { return }
        let extra = presence.count - rows
        presence.removeLast(extra)
        if isText {
            codes.removeLast(extra)
        } else if isAddress {
            addresses.removeLast(extra)
        } else {
            integers.removeLast(extra)
        }
    }

    func vector(rows: Int) -> ColumnVector {
        var filled = self
        filled.fill(to: rows)
        let presence = filled.hasAbsent ? filled.presence : nil
        if isText { return ColumnVector(.texts(codes: filled.codes, table: interner.table), presence: presence) }
        if isAddress { return ColumnVector(.fixed16(filled.addresses), presence: presence) }
        return ColumnVector(.integers(filled.integers), presence: presence)
    }
}

import Filter
import Model
import Records

/// Whether a record is one that a sink asks for.
struct SinkFilter {
    private let expression: FilterExpression

    /// - Throws: where the text is none; the policy file's reader has refused it then.
    init(_ text: String) throws(FilterError) {
        expression = try FilterExpression(parsing: text, FilterContext(now: Timestamp(nanoseconds: 0)))
    }

    /// Events and flows are asked; what is neither, a log's summary too, has no columns and passes.
    func admits(_ record: RecordFields) -> Bool {
        switch record.sort {
        case .event, .flow: expression.holds { record.cell($0) }
        case .audit, .finding, .summary: true
        }
    }
}

extension RecordFields {
    /// The value that a column has for the record.
    func cell(_ column: FlowColumn) -> FlowCell {
        if column == .id { return .text(id) }
        guard let key = Self.keys[column] ?? nil else { return .absent }
        switch column.kind {
        case .text: return text(key).map { .text($0) } ?? .absent
        // Words are told in capitals by the event log.
        case .word: return text(key).map { .text($0.lowercased()) } ?? .absent
        case .number: return number(key).map { .number($0) } ?? .absent
        case .instant: return instant(key).map { .instant(Timestamp(nanoseconds: $0)) } ?? .absent
        case .address: return text(key).flatMap { IPAddress($0) }.map { .address($0) } ?? .absent
        }
    }

    private static let keys: [FlowColumn: RecordKey?] = Dictionary(
        uniqueKeysWithValues: FlowColumn.allCases.map { column in
            let name = Array(column.rawValue.utf8)
            return (column, RecordKeyTable.standard.find(name.span, 0..<name.count))
        })
}

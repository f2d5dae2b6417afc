import Archive
import Model
import Parquet
import Records

/// Gathers the records of an answer; no more of them than are wanted, and some to compare with.
struct RowCollector {
    struct Row {
        let keys: [AnswerValue]
        let values: [AnswerValue]
    }

    private let question: FlowQuestion
    private let columns: [FlowColumn]
    private(set) var rows: [Row] = []

    init(_ question: FlowQuestion) {
        self.question = question
        columns = question.columns ?? FlowColumn.allCases
    }

    static func names(_ question: FlowQuestion) -> [String] {
        (question.columns ?? FlowColumn.allCases).map(\.rawValue)
    }

    mutating func add(_ batch: Batch, _ mask: [UInt8]) {
        guard mask.contains(1) else { return }
        let keys = (question.sort.map(\.column) + [.start, .id]).map { ($0, batch.vector($0)) }
        let values = columns.map { ($0, batch.vector($0)) }
        for row in mask.indices where mask[row] == 1 {
            rows.append(
                Row(
                    keys: keys.map { Self.value($1, row, $0) }, values: values.map { Self.value($1, row, $0) }))
            if let limit = question.limit, rows.count > 4 * limit + 4096 { cut(to: limit) }
        }
    }

    mutating func add(_ other: RowCollector) {
        rows += other.rows
        if let limit = question.limit, rows.count > 4 * limit + 4096 { cut(to: limit) }
    }

    private mutating func cut(to limit: Int) { rows = ordered(limit) }

    /// The rows that were gathered, in the order that was asked for; without one the newest, oldest first.
    func ordered(_ limit: Int?) -> [Row] {
        let sorted = rows.sorted { isBefore($0.keys, $1.keys) }
        guard let limit else { return sorted }
        return Array(question.sort.isEmpty ? sorted.suffix(limit) : sorted.prefix(limit))
    }

    private func isBefore(_ first: [AnswerValue], _ second: [AnswerValue]) -> Bool {
        for (index, order) in question.sort.enumerated() where first[index] != second[index] {
            // Absent ones come last, whichever way.
            if first[index] == .absent || second[index] == .absent { return second[index] == .absent }
            return order.isDescending ? second[index].isBefore(first[index]) : first[index].isBefore(second[index])
        }
        for index in question.sort.count..<first.count where first[index] != second[index] {
            return first[index].isBefore(second[index])
        }
        return false
    }

    private static func value(_ vector: ColumnVector, _ row: Int, _ column: FlowColumn) -> AnswerValue {
        guard vector.isPresent(row) else { return .absent }
        switch vector.values {
        case .integers(let values):
            if case .instant = column.kind { return .instant(values[row]) }
            return .number(UInt128(UInt64(bitPattern: values[row])))
        case .fixed16(let values): return .address(IPAddress(archived: values[row]))
        case .texts(let codes, let table): return .text(table.text(codes[row]))
        }
    }
}

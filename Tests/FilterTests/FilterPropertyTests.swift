import Model
import Parquet
import Records
import TestSupport
import Testing

@testable import Filter
@testable import Query

struct FilterPropertyTests {
    private let context = FilterContext(now: Timestamp(nanoseconds: 0))

    @Test func `what is printed is read as the same`() throws {
        var filters = RandomFilters(seed: 1)
        for _ in 0..<1500 {
            let expression = filters.expression()
            #expect(try FilterExpression(parsing: expression.description, context) == expression)
        }
    }

    @Test func `whole columns hold what each record holds`() {
        var filters = RandomFilters(seed: 2)
        let records = (0..<60).map { _ in filters.record() }
        let vectors = RandomFilters.vectors(records)
        for _ in 0..<600 {
            let expression = filters.expression()
            let columns = expression.columns
            let mask = expression.mask(count: records.count) { column in
                if !columns.contains(column) { Issue.record("\(expression) reads \(column) and does not say so") }
                return vectors[column] ?? ColumnVector(integers: [])
            }
            let each = records.map { record in expression.holds { record[$0] ?? .absent } ? UInt8(1) : 0 }
            #expect(mask == each, "\(expression)")
        }
    }

    /// What some records' columns say of themselves.
    private struct Known: KnownBounds {
        let vectors: [FlowColumn: ColumnVector]
        let count: Int

        func bounds(_ column: FlowColumn) -> ColumnBounds? {
            guard let vector = vectors[column] else { return nil }
            let rows = (0..<count).filter { vector.isPresent($0) }
            let isUnsigned = if case .number = column.kind { true } else { false }
            let values = rows.map { row -> PlainBound in
                switch vector.values {
                case .integers(let all): .integer(all[row], isUnsigned: isUnsigned)
                case .fixed16(let all): .fixed16(all[row])
                case .texts(let codes, let table): .text(Array(table[codes[row]]))
                }
            }
            let sorted = values.sorted { $0.isNotAfter($1) && $0 != $1 }
            return ColumnBounds(
                minimum: sorted.first ?? .none, maximum: sorted.last ?? .none, nullCount: count - rows.count)
        }

        func mayContain(_ column: FlowColumn, _ value: UInt128) -> Bool {
            guard case .fixed16(let all)? = vectors[column]?.values else { return true }
            return all.contains(value)
        }
    }

    @Test func `what is passed over holds nothing`() {
        var filters = RandomFilters(seed: 3)
        var passed = 0
        for _ in 0..<200 {
            let records = (0..<3).map { _ in filters.record() }
            let known = Known(vectors: RandomFilters.vectors(records), count: records.count)
            for _ in 0..<20 {
                let expression = filters.expression(depth: 2)
                guard !expression.mayHold(known) else { continue }
                passed += 1
                for record in records { #expect(!expression.holds { record[$0] ?? .absent }, "\(expression)") }
            }
        }
        #expect(passed > 200)
    }

    @Test func `no text traps the reader`() {
        var filters = RandomFilters(seed: 4)
        let pieces =
            FilterField.names + [
                "=", "!=", "in", "not", "(", ")", ",", "..", "\"", "\\", "10.0.0.0/8", "9", "KB", "and", "or", " ", "ä",
                "*", "<",
            ]
        for number in 0..<2500 {
            let text =
                number % 2 == 0
                ? (0...filters.random.next() % 12).map { _ in filters.random.pick(pieces) }.joined(
                    separator: filters.random.pick(["", " "]))
                : String(filters.expression().description.shuffled(using: &filters.random))
            do throws(FilterError) {
                _ = try FilterExpression(parsing: text, context)
            } catch {
                #expect(error.position <= text.count)
                #expect(!error.reason.isEmpty)
            }
        }
    }

    @Test func `what is nested too deep is refused`() {
        let text = String(repeating: "(", count: 50_000) + "port = 1"
        #expect(throws: FilterError.self) { try FilterExpression(parsing: text, context) }
        #expect(throws: FilterError.self) {
            try FilterExpression(parsing: String(repeating: "not ", count: 20_000), context)
        }
    }
}

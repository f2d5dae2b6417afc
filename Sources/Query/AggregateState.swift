import Filter
import Model
import Parquet
import Records

/// What one aggregate has of one group so far.
struct AggregateState {
    private let aggregate: FlowQuestion.Aggregate
    private var sum: UInt128 = 0
    private var hasValue = false
    /// For distinct values and percentiles: how often each value came.
    private var numbers: [UInt128: Int] = [:]
    private var texts: Set<String> = []

    init(_ aggregate: FlowQuestion.Aggregate) { self.aggregate = aggregate }

    mutating func add(_ value: FieldReader.Value) {
        hasValue = true
        switch (aggregate, value) {
        case (.sum, .number(let number)): sum += number
        case (.distinct, .number(let number)): numbers[number] = 1
        case (.percentile, .number(let number)): numbers[number, default: 0] += 1
        case (.distinct, .text(let text)): texts.insert(text)
        case (.sum, .text), (.percentile, .text): break
        }
    }

    mutating func add(_ other: AggregateState) {
        hasValue = hasValue || other.hasValue
        sum += other.sum
        numbers.merge(other.numbers) { first, second in
            if case .percentile = aggregate { first + second } else { 1 }
        }
        texts.formUnion(other.texts)
    }

    /// How many values are held.
    var size: Int { numbers.count + texts.count }

    var value: AnswerValue {
        switch aggregate {
        case .sum: return hasValue ? .number(sum) : .absent
        case .distinct: return .number(UInt128(numbers.count + texts.count))
        case .percentile(let field, let perMille):
            guard hasValue else { return .absent }
            let total = numbers.values.reduce(0, +)
            // Nearest rank: the first value at or below which lies that share of all.
            let rank = max(1, (total * perMille + 999) / 1000)
            var seen = 0
            for number in numbers.keys.sorted() {
                seen += numbers[number] ?? 0
                guard seen >= rank else { continue }
                if field.kind == .instant { return .instant(Int64(bitPattern: UInt64(number) ^ (1 << 63))) }
                return .number(number)
            }
            return .absent
        }
    }
}

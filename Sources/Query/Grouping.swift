import Archive
import Filter
import Model
import Parquet
import Records

/// Groups records and sums them up, a batch at a time; two of them can be put together.
struct Grouping {
    /// A value of a group, in the fewest bits: a number, an instant, an address, or the number of a text.
    private typealias Key = UInt128
    private static let absent = Key.max

    private let question: FlowQuestion
    private let keyCount: Int
    /// The values of all groups, `keyCount` each.
    private var keys: [Key] = []
    /// Whether a value is absent, likewise: an address may be all ones.
    private var absences: [Bool] = []
    private var interners: [TextInterner]
    private var slots = [UInt32](repeating: .max, count: 256)
    private(set) var counts: [Int] = []
    private var states: [[AggregateState]]

    init(_ question: FlowQuestion) {
        self.question = question
        keyCount = question.groups.count + (question.step == nil ? 0 : 1)
        interners = question.groups.map { _ in TextInterner() }
        states = question.aggregates.map { _ in [] }
        // Without groups there is one row, also where nothing is found.
        if keyCount == 0 { _ = makeGroup() }
    }

    private mutating func makeGroup() -> Int {
        counts.append(0)
        for (index, aggregate) in question.aggregates.enumerated() { states[index].append(AggregateState(aggregate)) }
        return counts.count - 1
    }

    /// How many groups there are, and values that are held for distinct ones and percentiles.
    var size: Int { states.reduce(counts.count) { $1.reduce($0) { $0 + $1.size } } }

    /// Adds the rows of a batch whose mask is 1.
    mutating func add(_ batch: Batch, _ mask: [UInt8]) {
        let rows = mask.indices.filter { mask[$0] == 1 }
        guard !rows.isEmpty else { return }
        let groups = self.groups(batch, rows)
        for group in groups { counts[Int(group)] += 1 }
        for (index, aggregate) in question.aggregates.enumerated() {
            let reader = FieldReader(aggregate.field, batch)
            for (place, row) in rows.enumerated() {
                reader.forEach(row) { states[index][Int(groups[place])].add($0) }
            }
        }
    }

    /// The group of each row.
    private mutating func groups(_ batch: Batch, _ rows: [Int]) -> [UInt32] {
        guard keyCount > 0 else { return [UInt32](repeating: 0, count: rows.count) }
        var columns: [(keys: [Key], absences: [Bool])] = []
        for (index, column) in question.groups.enumerated() { columns.append(values(batch, rows, column, index)) }
        if let step = question.step, case .integers(let starts) = batch.vector(.start).values {
            let begins = rows.map { row -> Key in
                let start = starts[row]
                let rest = start % step
                return Key(UInt64(bitPattern: start - (rest < 0 ? rest + step : rest)))
            }
            columns.append((begins, [Bool](repeating: false, count: rows.count)))
        }
        var result = [UInt32](repeating: 0, count: rows.count)
        var key = [Key](repeating: 0, count: keyCount)
        var missing = [Bool](repeating: false, count: keyCount)
        for place in rows.indices {
            for index in 0..<keyCount {
                key[index] = columns[index].keys[place]
                missing[index] = columns[index].absences[place]
            }
            result[place] = UInt32(find(key, missing))
        }
        return result
    }

    private mutating func values(
        _ batch: Batch, _ rows: [Int], _ column: FlowColumn, _ index: Int
    ) -> (keys: [Key], absences: [Bool]) {
        let vector = batch.vector(column)
        let absences = rows.map { !vector.isPresent($0) }
        switch vector.values {
        case .integers(let values): return (rows.map { Key(UInt64(bitPattern: values[$0])) }, absences)
        case .fixed16(let values): return (rows.map { values[$0] }, absences)
        case .texts(let codes, let table):
            var known = [UInt32](repeating: .max, count: table.count)
            let keys = rows.enumerated().map { place, row -> Key in
                if absences[place] { return 0 }
                let code = Int(codes[row])
                if known[code] == .max { known[code] = interners[index].code(table[codes[row]]) }
                return Key(known[code])
            }
            return (keys, absences)
        }
    }

    private mutating func find(_ key: [Key], _ missing: [Bool]) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
        while slots[slot] != .max {
            let group = Int(slots[slot])
            if isSame(group, key, missing) { return group }
            slot = (slot + 1) & mask
        }
        let group = makeGroup()
        keys += key
        absences += missing
        slots[slot] = UInt32(group)
        if counts.count * 2 > slots.count { grow() }
        return group
    }

    private func isSame(_ group: Int, _ key: [Key], _ missing: [Bool]) -> Bool {
        let start = group * keyCount
        for index in 0..<keyCount where keys[start + index] != key[index] || absences[start + index] != missing[index] {
            return false
        }
        return true
    }

    private static func hash(_ key: [Key]) -> UInt64 {
        var hash: UInt64 = 0
        for part in key {
            hash = XXHash64.of(
                word: hash ^ UInt64(truncatingIfNeeded: part) ^ UInt64(truncatingIfNeeded: part >> 64) &* 0x9e37_79b9)
        }
        return hash
    }

    private mutating func grow() {
        slots = [UInt32](repeating: .max, count: slots.count * 2)
        let mask = slots.count - 1
        for group in counts.indices {
            let key = Array(keys[group * keyCount..<(group + 1) * keyCount])
            var slot = Int(truncatingIfNeeded: Self.hash(key)) & mask
            while slots[slot] != .max { slot = (slot + 1) & mask }
            slots[slot] = UInt32(group)
        }
    }

    /// Adds what another one gathered of the same question.
    mutating func add(_ other: Grouping) {
        for group in other.counts.indices {
            let start = group * keyCount
            var key = Array(other.keys[start..<start + keyCount])
            let missing = Array(other.absences[start..<start + keyCount])
            for (index, column) in question.groups.enumerated() where column.isText && !missing[index] {
                let text = other.interners[index].table[UInt32(key[index])]
                key[index] = Key(interners[index].code(text))
            }
            let own = keyCount == 0 ? 0 : find(key, missing)
            counts[own] += other.counts[group]
            for index in states.indices { states[index][own].add(other.states[index][group]) }
        }
    }

    /// The names of the columns of the groups' rows.
    static func names(_ question: FlowQuestion) -> [String] {
        (question.step == nil ? [] : ["time"]) + question.groups.map(\.rawValue) + ["count"]
            + question.aggregates.map(\.name)
    }

    /// The groups as rows, in order.
    func rows() -> [[AnswerValue]] {
        var rows = counts.indices.map {
            group -> (values: [AnswerValue], measure: AnswerValue, aggregates: [AnswerValue]) in
            var values = question.groups.enumerated().map { value(group, $0, $1) }
            if question.step != nil {
                let instant = Int64(bitPattern: UInt64(truncatingIfNeeded: keys[group * keyCount + keyCount - 1]))
                values.insert(.instant(instant), at: 0)
            }
            let aggregates = states.map { $0[group].value }
            let count = AnswerValue.number(UInt128(counts[group]))
            return (values, aggregates.first ?? count, [count] + aggregates)
        }
        let isSeries = question.step != nil
        rows.sort { first, second in
            if isSeries, first.values[0] != second.values[0] { return first.values[0].isBefore(second.values[0]) }
            if first.measure != second.measure {
                // The largest first; what has none comes last.
                if first.measure == .absent || second.measure == .absent { return second.measure == .absent }
                return second.measure.isBefore(first.measure)
            }
            for (one, other) in zip(first.values, second.values) where one != other { return one.isBefore(other) }
            return false
        }
        return rows.prefix(question.top ?? .max).map { $0.values + $0.aggregates }
    }

    private func value(_ group: Int, _ index: Int, _ column: FlowColumn) -> AnswerValue {
        let place = group * keyCount + index
        guard !absences[place] else { return .absent }
        switch column.kind {
        case .text, .word: return .text(interners[index].table.text(UInt32(keys[place])))
        case .number: return .number(keys[place])
        case .instant: return .instant(Int64(bitPattern: UInt64(truncatingIfNeeded: keys[place])))
        case .address: return .address(IPAddress(archived: keys[place]))
        }
    }
}

extension FlowColumn {
    /// Whether values are texts.
    var isText: Bool {
        switch kind {
        case .text, .word: true
        case .number, .instant, .address: false
        }
    }
}

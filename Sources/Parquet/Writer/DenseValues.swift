/// The values of a chunk without the absent ones.
enum DenseValues {
    case integers([Int64])
    case fixed16([UInt128])
    case texts([UInt32], TextTable)

    init(_ vector: ColumnVector) {
        self =
            switch vector.values {
            case .integers(let all): .integers(Self.dense(all, vector.presence))
            case .fixed16(let all): .fixed16(Self.dense(all, vector.presence))
            case .texts(let codes, let table): .texts(Self.dense(codes, vector.presence), table)
            }
    }

    private static func dense<Value>(_ values: [Value], _ presence: [UInt8]?) -> [Value] {
        guard let presence else { return values }
        var dense: [Value] = []
        dense.reserveCapacity(values.count)
        for (index, isThere) in presence.enumerated() where isThere == 1 { dense.append(values[index]) }
        return dense
    }

    var count: Int {
        switch self {
        case .integers(let values): values.count
        case .fixed16(let values): values.count
        case .texts(let codes, _): codes.count
        }
    }

    /// Bytes that texts have before any encoding.
    func textBytes(_ range: Range<Int>) -> Int? {
        guard case .texts(let codes, let table) = self else { return nil }
        return codes[range].reduce(0) { $0 + table.range($1).count }
    }
}

/// Gives rising numbers to distinct values, as they come.
struct Numbering<Value: Hashable & FixedWidthInteger> {
    private(set) var values: [Value] = []
    private var slots: [Int32]
    private var mask: Int
    private let hash: (Value) -> UInt64

    init(_ hash: @escaping (Value) -> UInt64) {
        self.hash = hash
        slots = [Int32](repeating: -1, count: 1 << 12)
        mask = slots.count - 1
    }

    /// The numbers of all values; nil where there are more than `limit` distinct ones.
    mutating func number(_ all: [Value], limit: Int) -> [UInt32]? {
        var codes = [UInt32](repeating: 0, count: all.count)
        var (last, lastCode) = (all.first ?? 0, UInt32.max)
        for (index, value) in all.enumerated() {
            if value == last, lastCode != .max {
                codes[index] = lastCode
                continue
            }
            guard let code = code(value, limit: limit) else { return nil }
            codes[index] = code
            (last, lastCode) = (value, code)
        }
        return codes
    }

    private mutating func code(_ value: Value, limit: Int) -> UInt32? {
        var slot = Int(truncatingIfNeeded: hash(value)) & mask
        while true {
            let found = slots[slot]
            if found < 0 { break }
            if values[Int(found)] == value { return UInt32(found) }
            slot = (slot + 1) & mask
        }
        guard values.count < limit else { return nil }
        slots[slot] = Int32(values.count)
        values.append(value)
        if values.count * 2 > slots.count { grow() }
        return UInt32(values.count - 1)
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        mask = slots.count - 1
        for (number, value) in values.enumerated() {
            var slot = Int(truncatingIfNeeded: hash(value)) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(number)
        }
    }
}

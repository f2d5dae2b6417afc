import Model
import Parquet
import Records
import TestSupport

@testable import Filter

/// Random records and random questions about them, from few values, so that questions meet records.
struct RandomFilters {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    static let instants: [Int64] = [0, 1, 1_780_000_000_000_000, 1_780_000_000_000_001, 1_780_003_600_000_000]
    static let addresses = [
        "10.0.0.1", "10.0.0.9", "10.1.2.3", "255.255.255.255", "0.0.0.0", "::1", "fd00::5", "::", "ffff::1",
    ]
    .compactMap { IPAddress($0) }
    static let prefixes = ["10.0.0.0/8", "10.0.0.0/28", "0.0.0.0/0", "::/0", "fd00::/8", "::1/128"].compactMap {
        try? IPPrefix(parsing: $0)
    }
    static let numbers: [UInt64] = [0, 1, 6, 22, 80, 200]
    static let large: [UInt64] = [0, 1, 1500, 1 << 40, 1 << 63, .max]
    static let texts = ["web-1", "web", "db \"x\"", "eth0", "web-1/eth0", "a\\b", "9f00", "9f00aa11-x", "ä"]

    mutating func cell(_ column: FlowColumn) -> FlowCell {
        if random.chance(25) { return .absent }
        switch column.kind {
        case .text: return .text(random.pick(Self.texts))
        case .word(let words): return .text(random.pick(Array(words.suffix(4))))
        case .number(let bits): return .number(random.pick(bits == 64 ? Self.large : Self.numbers))
        case .instant: return .instant(Timestamp(nanoseconds: random.pick(Self.instants) * 1000))
        case .address: return .address(random.pick(Self.addresses))
        }
    }

    mutating func record() -> [FlowColumn: FlowCell] {
        var record: [FlowColumn: FlowCell] = [:]
        for column in FlowColumn.allCases { record[column] = cell(column) }
        return record
    }

    mutating func value(_ field: FilterField) -> FilterExpression.Value {
        switch field.kind {
        case .text: return .text(random.pick(Self.texts))
        case .word(let words): return .text(random.pick(Array(words.suffix(4))))
        case .number(let bits): return .number(random.pick(bits == 64 ? Self.large : Self.numbers))
        case .instant: return .instant(random.pick(Self.instants))
        case .address:
            return field.takesNames && random.chance(30)
                ? .name(random.pick(Self.texts)) : .address(random.pick(Self.addresses))
        }
    }

    mutating func item(_ field: FilterField) -> FilterExpression.Item {
        if case .address = field.kind, random.chance(40) { return .network(random.pick(Self.prefixes)) }
        if case .text = field.kind, random.chance(30) { return .beginning(random.pick(["web", "9f00", "a", "x-1"])) }
        let reader = ValueReader(field: field, context: FilterContext(now: Timestamp(nanoseconds: 0)))
        if random.chance(40), let range = reader.range(value(field), value(field)) { return range }
        return .value(value(field))
    }

    mutating func field() -> FilterField {
        random.chance(40) ? random.pick(FilterField.words).field : .column(random.pick(FlowColumn.allCases))
    }

    mutating func expression(depth: Int = 3) -> FilterExpression {
        if depth > 0, random.chance(60) {
            switch random.next() % 3 {
            case 0: return .not(expression(depth: depth - 1))
            case 1: return .and((0..<2 + Int(random.next() % 2)).map { _ in expression(depth: depth - 1) })
            default: return .or((0..<2 + Int(random.next() % 2)).map { _ in expression(depth: depth - 1) })
            }
        }
        let field = field()
        switch random.next() % 5 {
        case 0: return .exists(field)
        case 1: return .among(field, (0...random.next() % 3).map { _ in item(field) }, isNegated: random.chance(50))
        case 2:
            let others = (FilterField.words.map(\.field) + FlowColumn.allCases.map { .column($0) }).filter {
                field.isComparable(to: $0)
            }
            return .compare(field, random.pick(FilterExpression.Relation.allCases), .field(random.pick(others)))
        case 3: return .compare(field, random.chance(50) ? .equal : .notEqual, .item(item(field)))
        default:
            let value = value(field)
            let relation = random.pick(FilterExpression.Relation.allCases)
            if case .name = value { return .compare(field, .equal, .item(.value(value))) }
            return .compare(field, relation, .item(.value(value)))
        }
    }

    /// The records column by column.
    static func vectors(_ records: [[FlowColumn: FlowCell]]) -> [FlowColumn: ColumnVector] {
        var vectors: [FlowColumn: ColumnVector] = [:]
        for column in FlowColumn.allCases {
            let cells = records.map { $0[column] ?? .absent }
            switch column.kind {
            case .text, .word:
                vectors[column] = ColumnVector(texts: cells.map { if case .text(let text) = $0 { text } else { nil } })
            case .number:
                vectors[column] = ColumnVector(
                    integers: cells.map { if case .number(let number) = $0 { Int64(bitPattern: number) } else { nil } })
            case .instant:
                vectors[column] = ColumnVector(
                    integers: cells.map {
                        if case .instant(let instant) = $0 { instant.nanoseconds / 1000 } else { nil }
                    })
            case .address:
                vectors[column] = ColumnVector(
                    fixed16: cells.map { if case .address(let address) = $0 { UInt128(mapped: address) } else { nil } })
            }
        }
        return vectors
    }
}

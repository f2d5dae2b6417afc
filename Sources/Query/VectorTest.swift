import Filter
import Parquet
import Records

/// Compares whole vectors.
struct VectorTest {
    private let count: Int
    private let vector: (FlowColumn) -> ColumnVector

    init(_ count: Int, _ vector: @escaping (FlowColumn) -> ColumnVector) {
        self.count = count
        self.vector = vector
    }

    private var none: [UInt8] { [UInt8](repeating: 0, count: count) }

    func among(_ field: FilterField, _ items: [FilterExpression.Item], isNegated: Bool) -> [UInt8] {
        let names = NameColumns(field)
        if !names.all.isEmpty, !field.takesNames || items.contains(where: \.isName) {
            return byName(field, items, isNegated: isNegated)
        }
        switch field.kind {
        case .number, .instant:
            let ranges = OrderKey.numbers(items)
            guard field.isSum else { return numbers(field, RangeTest(ranges, isNegated: isNegated)) }
            return sums(field, RangeTest(ranges.map { (UInt128($0.low), UInt128($0.high)) }, isNegated: isNegated))
        case .address:
            return addresses(field, RangeTest(OrderKey.addresses(items), isNegated: isNegated))
        case .text, .word:
            return texts(field) { text in items.contains { Self.meets(text, $0) } != isNegated }
        }
    }

    func compare(
        _ field: FilterField, _ relation: FilterExpression.Relation, _ value: FilterExpression.Value
    ) -> [UInt8] {
        switch value {
        case .number(let number):
            return field.isSum
                ? sums(field, RangeTest(relation, UInt128(number))) : numbers(field, RangeTest(relation, number))
        case .instant(let instant): return numbers(field, RangeTest(relation, OrderKey.instant(instant)))
        case .address(let address): return addresses(field, RangeTest(relation, OrderKey.address(address)))
        case .text(let text), .name(let text):
            let wanted = FieldValue.text(Array(text.utf8))
            return texts(field) { relation.holds(.text(Array($0)), wanted) }
        }
    }

    private static func meets(_ text: ArraySlice<UInt8>, _ item: FilterExpression.Item) -> Bool {
        switch item {
        case .value(.text(let wanted)), .value(.name(let wanted)): text.elementsEqual(wanted.utf8)
        case .beginning(let beginning): text.starts(with: beginning.utf8)
        case .range(.text(let low), .text(let high)):
            !text.lexicographicallyPrecedes(low.utf8) && !high.utf8.lexicographicallyPrecedes(text)
        case .value, .range, .network: false
        }
    }

    // MARK: Numbers and instants

    private func numbers(_ field: FilterField, _ test: RangeTest<UInt64>) -> [UInt8] {
        switch field {
        case .bytes, .packets: return none
        case .port:
            // Where a port is not to be one of some, neither side's may be.
            let parts = field.columns.map { numbers(vector($0), flip: 0, test) }
            var mask = none
            for row in mask.indices {
                if test.isNegated {
                    let first = parts[0][row]
                    let second = parts[1][row]
                    let isThere = vector(.initiatorPort).isPresent(row) || vector(.targetPort).isPresent(row)
                    let isMet =
                        (first == 1 || !vector(.initiatorPort).isPresent(row))
                        && (second == 1 || !vector(.targetPort).isPresent(row))
                    mask[row] = isThere && isMet ? 1 : 0
                } else {
                    mask[row] = parts[0][row] | parts[1][row]
                }
            }
            return mask
        case .column, .source, .target:
            let isInstant = field.kind == .instant
            return field.columns.first.map { numbers(vector($0), flip: isInstant ? 1 << 63 : 0, test) } ?? none
        }
    }

    private func numbers(_ vector: ColumnVector, flip: UInt64, _ test: RangeTest<UInt64>) -> [UInt8] {
        guard case .integers(let values) = vector.values else { return none }
        var mask = none
        if test.ranges.count == 1, !test.isNegated {
            let (low, high) = test.ranges[0]
            for row in 0..<count {
                let key = UInt64(bitPattern: values[row]) ^ flip
                mask[row] = low <= key && key <= high ? 1 : 0
            }
        } else {
            for row in 0..<count { mask[row] = test.holds(UInt64(bitPattern: values[row]) ^ flip) ? 1 : 0 }
        }
        return Self.present(mask, vector.presence)
    }

    /// Both ways together, as far as they are known; a sum may have more than 64 bits.
    private func sums(_ field: FilterField, _ test: RangeTest<UInt128>) -> [UInt8] {
        let parts = field.columns.map(vector)
        guard case .integers(let first) = parts[0].values, case .integers(let second) = parts[1].values else {
            return none
        }
        var mask = none
        for row in 0..<count where parts[0].isPresent(row) || parts[1].isPresent(row) {
            let sum = UInt128(UInt64(bitPattern: first[row])) + UInt128(UInt64(bitPattern: second[row]))
            mask[row] = test.holds(sum) ? 1 : 0
        }
        return mask
    }

    // MARK: Addresses

    private func addresses(_ field: FilterField, _ test: RangeTest<UInt128>) -> [UInt8] {
        guard let column = field.columns.first else { return none }
        let vector = vector(column)
        guard case .fixed16(let values) = vector.values else { return none }
        var mask = none
        if test.ranges.count == 1, !test.isNegated {
            let (low, high) = test.ranges[0]
            for row in 0..<count {
                let key = OrderKey.address(values[row])
                mask[row] = low <= key && key <= high ? 1 : 0
            }
        } else {
            for row in 0..<count { mask[row] = test.holds(OrderKey.address(values[row])) ? 1 : 0 }
        }
        return Self.present(mask, vector.presence)
    }

    // MARK: Texts

    /// Asks once for each distinct text.
    private func texts(_ field: FilterField, _ holds: (ArraySlice<UInt8>) -> Bool) -> [UInt8] {
        guard let column = field.columns.first else { return none }
        let vector = vector(column)
        guard case .texts(let codes, let table) = vector.values else { return none }
        // 2 where it was not asked yet.
        var answers = [UInt8](repeating: 2, count: table.count)
        var mask = none
        for row in 0..<count where vector.isPresent(row) {
            let code = Int(codes[row])
            if answers[code] == 2 { answers[code] = holds(table[codes[row]]) ? 1 : 0 }
            mask[row] = answers[code]
        }
        return mask
    }

    /// Row by row, over all columns in which a name may stand.
    private func byName(_ field: FilterField, _ items: [FilterExpression.Item], isNegated: Bool) -> [UInt8] {
        var known: [FlowColumn: ColumnVector] = [:]
        for column in field.columns + NameColumns(field).all { known[column] = vector(column) }
        let expression = FilterExpression.among(field, items, isNegated: isNegated)
        var mask = none
        for row in 0..<count {
            mask[row] = expression.holds { known[$0].map { Self.cell($0, row, of: field) } ?? .absent } ? 1 : 0
        }
        return mask
    }

    private static func cell(_ vector: ColumnVector, _ row: Int, of field: FilterField) -> FlowCell {
        guard vector.isPresent(row) else { return .absent }
        return switch vector.values {
        case .integers(let values): .number(UInt64(bitPattern: values[row]))
        case .fixed16(let values): .address(.init(mapped: values[row]))
        case .texts(let codes, let table): .text(table.text(codes[row]))
        }
    }

    // MARK: Two fields

    func compare(_ field: FilterField, _ relation: FilterExpression.Relation, _ other: FilterField) -> [UInt8] {
        var known: [FlowColumn: ColumnVector] = [:]
        for column in field.columns + other.columns { known[column] = vector(column) }
        let isInstant = field.kind == .instant
        let expression = FilterExpression.compare(field, relation, .field(other))
        var mask = none
        for row in 0..<count {
            let holds = expression.holds { column in
                guard let vector = known[column], vector.isPresent(row) else { return .absent }
                if isInstant, case .integers(let values) = vector.values {
                    // In an order that is that of the instants.
                    return .number(OrderKey.instant(values[row]))
                }
                return Self.cell(vector, row, of: field)
            }
            mask[row] = holds ? 1 : 0
        }
        return mask
    }

    private static func present(_ mask: [UInt8], _ presence: [UInt8]?) -> [UInt8] {
        guard let presence else { return mask }
        var mask = mask
        for row in mask.indices { mask[row] &= presence[row] }
        return mask
    }
}

/// The values of one column for some rows, one entry a row.
package struct ColumnVector: Sendable, Equatable {
    package enum Values: Sendable, Equatable {
        /// Truth values, numbers and times; an unsigned 64-bit number by its bits.
        case integers([Int64])
        /// Sixteen bytes as one number, the first byte the highest.
        case fixed16([UInt128])
        /// Numbers of texts in a table, which may hold more texts than these rows have.
        case texts(codes: [UInt32], table: TextTable)
    }

    package var values: Values
    /// 1 for rows that have a value, 0 for others, whose entry is 0; nil where all have one.
    package var presence: [UInt8]?

    package init(_ values: Values, presence: [UInt8]? = nil) {
        self.values = values
        self.presence = presence
    }

    package var count: Int {
        switch values {
        case .integers(let values): values.count
        case .fixed16(let values): values.count
        case .texts(let codes, _): codes.count
        }
    }

    package var presentCount: Int { presence.map { $0.reduce(0) { $0 + Int($1) } } ?? count }

    package func isPresent(_ row: Int) -> Bool { presence.map { $0[row] == 1 } ?? true }

    /// The rows of a range.
    package func slice(_ rows: Range<Int>) -> ColumnVector {
        let values: Values =
            switch values {
            case .integers(let all): .integers(Array(all[rows]))
            case .fixed16(let all): .fixed16(Array(all[rows]))
            case .texts(let codes, let table): .texts(codes: Array(codes[rows]), table: table)
            }
        return ColumnVector(values, presence: presence.map { Array($0[rows]) })
    }

    /// The rows in another order.
    package func gather(_ rows: [UInt32]) -> ColumnVector {
        let values: Values =
            switch values {
            case .integers(let all): .integers(rows.map { all[Int($0)] })
            case .fixed16(let all): .fixed16(rows.map { all[Int($0)] })
            case .texts(let codes, let table): .texts(codes: rows.map { codes[Int($0)] }, table: table)
            }
        return ColumnVector(values, presence: presence.map { all in rows.map { all[Int($0)] } })
    }
}

extension ColumnVector {
    package init(integers: [Int64?]) {
        self.init(.integers(integers.map { $0 ?? 0 }), presence: Self.presence(integers))
    }

    package init(fixed16 values: [UInt128?]) {
        self.init(.fixed16(values.map { $0 ?? 0 }), presence: Self.presence(values))
    }

    /// Texts as they come, each with an entry of its own in the table; equal ones share one.
    package init(texts: [String?]) {
        var table = TextTable()
        var known: [String: UInt32] = [:]
        let codes = texts.map { text -> UInt32 in
            guard let text else { return 0 }
            if let code = known[text] { return code }
            let code = table.append(text)
            known[text] = code
            return code
        }
        self.init(.texts(codes: codes, table: table), presence: Self.presence(texts))
    }

    private static func presence<Value>(_ values: [Value?]) -> [UInt8]? {
        values.contains { $0 == nil } ? values.map { $0 == nil ? 0 : 1 } : nil
    }
}

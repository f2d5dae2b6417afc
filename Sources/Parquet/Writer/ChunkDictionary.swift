/// The distinct values of a chunk, and for each value its number among them.
struct ChunkDictionary {
    /// The distinct values, in the order of their first appearance.
    let entries: DenseValues
    let codes: [UInt32]
    /// For texts: the place of each entry in their order.
    let ranks: [UInt32]

    /// - Returns: nil where there are more than `limit` distinct values, or so many that a dictionary saves nothing.
    ///
    /// * `isShort`: values take four bytes or less, not much more than their numbers.
    init?(_ values: DenseValues, limit: Int, isShort: Bool = false) {
        // An entry takes what a value would, and each value its number besides: that pays where values are long.
        let most = min(limit, max(values.count / (isShort ? 8 : 2), 16))
        switch values {
        case .integers(let all):
            var numbering = Numbering<Int64> { XXHash64.of(word: UInt64(bitPattern: $0)) }
            guard let codes = numbering.number(all, limit: most) else { return nil }
            (self.codes, entries, ranks) = (codes, .integers(numbering.values), [])
        case .fixed16(let all):
            var numbering = Numbering<UInt128> {
                XXHash64.of(word: UInt64(truncatingIfNeeded: $0) ^ UInt64(truncatingIfNeeded: $0 >> 64) &* 31)
            }
            guard let codes = numbering.number(all, limit: most) else { return nil }
            (self.codes, entries, ranks) = (codes, .fixed16(numbering.values), [])
        case .texts(let all, let table):
            var numbers = [UInt32](repeating: .max, count: table.count)
            var used: [UInt32] = []
            var codes = [UInt32](repeating: 0, count: all.count)
            for (index, code) in all.enumerated() {
                if numbers[Int(code)] == .max {
                    guard used.count < most else { return nil }
                    numbers[Int(code)] = UInt32(used.count)
                    used.append(code)
                }
                codes[index] = numbers[Int(code)]
            }
            let order = used.indices.sorted { table[used[$0]].lexicographicallyPrecedes(table[used[$1]]) }
            var ranks = [UInt32](repeating: 0, count: used.count)
            for (rank, index) in order.enumerated() { ranks[index] = UInt32(rank) }
            (self.codes, entries, self.ranks) = (codes, .texts(used, table), ranks)
        }
    }

    var count: Int { entries.count }
}

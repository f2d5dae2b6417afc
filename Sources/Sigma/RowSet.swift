/// Some rows of a batch, a bit each.
struct RowSet {
    private(set) var words: [UInt64]
    let count: Int

    init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// The rows for which something holds.
    @inline(__always)
    init(count: Int, _ holds: (Int) -> Bool) {
        self.init(count: count)
        for word in words.indices {
            var bits: UInt64 = 0
            let first = word * 64
            for bit in 0..<min(64, count - first) where holds(first + bit) { bits |= 1 << UInt64(bit) }
            words[word] = bits
        }
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    mutating func insert(_ row: Int) { words[row >> 6] |= 1 << UInt64(row & 63) }

    mutating func formIntersection(_ other: RowSet) { for word in words.indices { words[word] &= other.words[word] } }
    mutating func formUnion(_ other: RowSet) { for word in words.indices { words[word] |= other.words[word] } }

    /// The rows that are not among them; bits beyond the last row mean nothing.
    var inverted: RowSet {
        var all = self
        for word in words.indices { all.words[word] = ~words[word] }
        return all
    }

    func forEach(_ body: (Int) -> Void) {
        for word in words.indices {
            var bits = words[word]
            while bits != 0 {
                let row = word * 64 + bits.trailingZeroBitCount
                if row < count { body(row) }
                bits &= bits - 1
            }
        }
    }
}

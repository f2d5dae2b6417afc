package import Parquet

/// Gives each distinct text one number.
package struct TextInterner: Sendable {
    package private(set) var table = TextTable()
    private var slots = [UInt32](repeating: .max, count: 64)
    /// The text of the time before: logs repeat themselves.
    private var last: UInt32?

    package init() {}

    /// The text's number; a new text gets the next one.
    package mutating func code(_ text: ArraySlice<UInt8>) -> UInt32 {
        if let last, table[last] == text { return last }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: XXHash64.of(text)) & mask
        while slots[slot] != .max {
            if table[slots[slot]] == text {
                last = slots[slot]
                return slots[slot]
            }
            slot = (slot + 1) & mask
        }
        let code = table.append(text)
        slots[slot] = code
        last = code
        if table.count * 2 > slots.count { grow() }
        return code
    }

    private mutating func grow() {
        slots = [UInt32](repeating: .max, count: slots.count * 2)
        let mask = slots.count - 1
        for code in 0..<UInt32(table.count) {
            var slot = Int(truncatingIfNeeded: XXHash64.of(table[code])) & mask
            while slots[slot] != .max { slot = (slot + 1) & mask }
            slots[slot] = code
        }
    }
}

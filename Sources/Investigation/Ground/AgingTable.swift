/// Entries by mixed keys, bounded: what was not seen for the horizon goes first, then what was seen longest ago.
///
/// What goes depends on keys and times of records alone, so that the same records leave the same entries. A slot is good until
/// the next one is asked for.
struct AgingTable<Value> {
    /// The most entries at a time.
    let capacity: Int
    /// Microseconds after which an entry that was not seen counts for nothing.
    let horizon: Int64
    /// Entries that went before their horizon, for want of room.
    private(set) var evicted = 0
    private(set) var count = 0
    private let empty: Value
    private var keys: [UInt64]
    private var seen: [Int64]
    var values: [Value]

    init(capacity: Int, horizon: Int64, empty: Value) {
        (self.capacity, self.horizon, self.empty) = (capacity, horizon, empty)
        keys = [UInt64](repeating: 0, count: 1024)
        seen = [Int64](repeating: 0, count: 1024)
        values = [Value](repeating: empty, count: 1024)
    }

    /// The slot of a key at a time, made where there is none; an entry beyond its horizon is made anew.
    mutating func slot(_ key: UInt64, at time: Int64) -> (index: Int, isNew: Bool) {
        if (count + 1) * 3 > keys.count * 2 { makeRoom(time) }
        let key = key == 0 ? 1 : key
        var index = Int(truncatingIfNeeded: key) & (keys.count - 1)
        while keys[index] != 0 {
            if keys[index] == key {
                let isOver = time - seen[index] > horizon
                if isOver { values[index] = empty }
                seen[index] = max(seen[index], time)
                return (index, isOver)
            }
            index = (index + 1) & (keys.count - 1)
        }
        count += 1
        keys[index] = key
        seen[index] = time
        return (index, true)
    }

    /// The slot of a key that is there.
    func find(_ key: UInt64, at time: Int64) -> Int? {
        let key = key == 0 ? 1 : key
        var index = Int(truncatingIfNeeded: key) & (keys.count - 1)
        while keys[index] != 0 {
            if keys[index] == key { return time - seen[index] > horizon ? nil : index }
            index = (index + 1) & (keys.count - 1)
        }
        return nil
    }

    private mutating func makeRoom(_ time: Int64) {
        var oldest = time - horizon
        var kept = keys.indices.count { keys[$0] != 0 && seen[$0] >= oldest }
        if kept >= capacity {
            // The older half goes.
            let times = keys.indices.filter { keys[$0] != 0 && seen[$0] >= oldest }.map { seen[$0] }.sorted()
            oldest = times[times.count / 2] + 1
            let left = times.count { $0 >= oldest }
            evicted += kept - left
            kept = left
        }
        var size = 1024
        while size < kept * 3 { size *= 2 }
        let (oldKeys, oldSeen, oldValues) = (keys, seen, values)
        keys = [UInt64](repeating: 0, count: size)
        seen = [Int64](repeating: 0, count: size)
        values = [Value](repeating: empty, count: size)
        count = kept
        for old in oldKeys.indices where oldKeys[old] != 0 && oldSeen[old] >= oldest {
            var index = Int(truncatingIfNeeded: oldKeys[old]) & (size - 1)
            while keys[index] != 0 { index = (index + 1) & (size - 1) }
            (keys[index], seen[index], values[index]) = (oldKeys[old], oldSeen[old], oldValues[old])
        }
    }
}

/// Entries by mixed keys, bounded: what was not seen for the horizon goes first, then what was seen longest ago.
///
/// What goes depends on keys and times of records alone, so that the same records leave the same entries. A place is good until
/// the next one is asked for. Entries lie behind each other; slots have their places and half of their keys, so that a table that
/// grows moves no values.
struct AgingTable<Value> {
    /// The most entries at a time.
    let capacity: Int
    /// Microseconds after which an entry that was not seen counts for nothing.
    let horizon: Int64
    /// Entries that went before their horizon, for want of room.
    private(set) var evicted = 0
    private let empty: Value
    /// The upper half of a key, and one more than the entry's place; 0 is free.
    private var slots = [UInt64](repeating: 0, count: 1024)
    private var keys: [UInt64] = []
    private var seen: [Int64] = []
    var values: [Value] = []

    init(capacity: Int, horizon: Int64, empty: Value) {
        (self.capacity, self.horizon, self.empty) = (capacity, horizon, empty)
    }

    private static var half: UInt64 { 0xffff_ffff }

    /// The place of a key at a time, made where there is none; an entry beyond its horizon is made anew.
    mutating func slot(_ key: UInt64, at time: Int64) -> (index: Int, isNew: Bool) {
        var slot = Int(truncatingIfNeeded: key) & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot] & Self.half) - 1
            if slots[slot] >> 32 == key >> 32, keys[place] == key {
                let isOver = time - seen[place] > horizon
                if isOver { values[place] = empty }
                seen[place] = max(seen[place], time)
                return (place, isOver)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        if keys.count >= capacity {
            makeRoom(time)
            slot = free(key)
        } else if (keys.count + 1) * 3 > slots.count * 2 {
            slots = [UInt64](repeating: 0, count: slots.count * 2)
            placeAll()
            slot = free(key)
        }
        keys.append(key)
        seen.append(time)
        values.append(empty)
        slots[slot] = key & ~Self.half | UInt64(keys.count)
        return (keys.count - 1, true)
    }

    /// The place of a key that is there.
    func find(_ key: UInt64, at time: Int64) -> Int? {
        var slot = Int(truncatingIfNeeded: key) & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot] & Self.half) - 1
            if slots[slot] >> 32 == key >> 32, keys[place] == key {
                return time - seen[place] > horizon ? nil : place
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func free(_ key: UInt64) -> Int {
        var slot = Int(truncatingIfNeeded: key) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        return slot
    }

    private mutating func placeAll() {
        for (place, key) in keys.enumerated() { slots[free(key)] = key & ~Self.half | UInt64(place + 1) }
    }

    private mutating func makeRoom(_ time: Int64) {
        var oldest = time - horizon
        let alive = seen.count { $0 >= oldest }
        if alive * 4 > capacity * 3 {
            // About the older half goes: the middle of some of them, which are always the same ones.
            let stride = max(1, seen.count / 4096)
            let some = Swift.stride(from: 0, to: seen.count, by: stride).map { seen[$0] }.filter { $0 >= oldest }
                .sorted()
            oldest = some[some.count / 2] + 1
        }
        var kept = 0
        for place in keys.indices where seen[place] >= oldest {
            if kept != place {
                (keys[kept], seen[kept]) = (keys[place], seen[place])
                values.swapAt(kept, place)
            }
            kept += 1
        }
        evicted += alive - kept
        keys.removeLast(keys.count - kept)
        seen.removeLast(seen.count - kept)
        values.removeLast(values.count - kept)
        slots = [UInt64](repeating: 0, count: slots.count)
        placeAll()
    }
}

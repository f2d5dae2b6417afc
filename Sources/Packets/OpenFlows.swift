/// The flows that are open, found by their identity.
///
/// Slots keep their places, and which place a flow gets does not hang on the seed: the same packets end the same flows in the
/// same order at any time.
struct OpenFlows {
    /// Hash in the upper half, place plus one in the lower; 0 where there is none.
    private var index: [UInt64]
    private var free: [Int] = []
    private let seed = UInt64.random(in: 0...UInt64.max)
    private(set) var slots: [OpenFlow] = []
    private(set) var count = 0

    init() { index = [UInt64](repeating: 0, count: 1024) }

    /// The place of a flow; nil where it is not open.
    func find(_ identity: FlowIdentity, _ hash: UInt64) -> Int? {
        let mask = index.count - 1
        var position = Int(hash >> 32) & mask
        while index[position] != 0 {
            let entry = index[position]
            if entry >> 32 == hash >> 32 {
                let place = Int(entry & 0xffff_ffff) - 1
                if slots[place].identity == identity { return place }
            }
            position = (position + 1) & mask
        }
        return nil
    }

    func hash(_ identity: FlowIdentity) -> UInt64 { identity.hash(seed: seed) }

    /// Adds a flow that is not there.
    mutating func insert(_ flow: OpenFlow, _ hash: UInt64) -> Int {
        let place: Int
        if let last = free.popLast() {
            slots[last] = flow
            place = last
        } else {
            place = slots.count
            slots.append(flow)
        }
        count += 1
        if count * 2 > index.count { grow() }
        put((hash & ~0xffff_ffff) | UInt64(place + 1))
        return place
    }

    mutating func update(_ place: Int, _ change: (inout OpenFlow) -> Void) { change(&slots[place]) }

    mutating func remove(_ place: Int) {
        let mask = index.count - 1
        var hole = Int(hash(slots[place].identity) >> 32) & mask
        while Int(index[hole] & 0xffff_ffff) != place + 1 { hole = (hole + 1) & mask }
        // Entries behind the hole move up, where it lies between their own position and them.
        var position = hole
        while true {
            position = (position + 1) & mask
            guard index[position] != 0 else { break }
            let own = Int(index[position] >> 32) & mask
            if (position - own) & mask >= (position - hole) & mask {
                index[hole] = index[position]
                hole = position
            }
        }
        index[hole] = 0
        slots[place].isUsed = false
        free.append(place)
        count -= 1
    }

    private mutating func put(_ entry: UInt64) {
        let mask = index.count - 1
        var position = Int(entry >> 32) & mask
        while index[position] != 0 { position = (position + 1) & mask }
        index[position] = entry
    }

    private mutating func grow() {
        let old = index
        index = [UInt64](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 { put(entry) }
    }
}

import Host
import Model
import Netlink

/// A session's identity and what of it is already in records. Fixed size, so that a million fit in one array.
struct FlowSlot {
    var sourceHigh: UInt64 = 0
    var sourceLow: UInt64 = 0
    var targetHigh: UInt64 = 0
    var targetLow: UInt64 = 0
    /// Both ports, protocol, family and ICMP identifier in one word.
    var ports: UInt64 = 0
    /// When conntrack made the entry; 0 for a session that NFLOG announced and no entry has confirmed yet.
    var start: Int64 = 0
    var recordedOriginal = Traffic.zero
    var recordedReply = Traffic.zero
    /// The number of the last dump or announcement that saw it.
    var seen: UInt32 = 0
    /// Packets that NFLOG announced.
    var announced: UInt16 = 0
    var isEnded = false
    /// Whether the slot holds no session.
    var isVacant = false

    @inline(__always) func hasSameKey(_ other: FlowSlot) -> Bool {
        sourceLow == other.sourceLow && targetLow == other.targetLow && ports == other.ports && start == other.start
            && sourceHigh == other.sourceHigh && targetHigh == other.targetHigh
    }

    @inline(__always) var hash: UInt64 {
        var value = sourceLow &* 0x9e37_79b9_7f4a_7c15 ^ targetLow &* 0xc2b2_ae3d_27d4_eb4f
        value ^= (ports ^ UInt64(bitPattern: start)) &* 0xd6e8_feb8_6659_fd93
        value ^= (sourceHigh ^ targetHigh &* 31) &* 0x9fb2_1c65_1e98_df25
        value ^= value >> 32
        value = value &* 0xd6e8_feb8_6659_fd93
        return value ^ value >> 29
    }

    var recorded: RecordedSession {
        RecordedSession(original: recordedOriginal, reply: recordedReply, isEnded: isEnded)
    }

    /// The session's number in records; never 0.
    var connection: UInt64 { max(hash, 1) }

    init() {}

    /// The slot of a conntrack entry, by its original way.
    @inline(__always) init(_ tuple: ConnectionTuple, start: Int64) {
        sourceHigh = tuple.sourceHigh
        sourceLow = tuple.sourceLow
        targetHigh = tuple.targetHigh
        targetLow = tuple.targetLow
        ports = Self.word(
            tuple.sourcePort, tuple.targetPort, tuple.transport, isIPv6: tuple.isIPv6, icmpID: tuple.icmpID)
        self.start = start
    }

    /// The slot of a packet that NFLOG announced.
    @inline(__always) init(announcing header: PacketHeader) {
        sourceHigh = header.sourceHigh
        sourceLow = header.sourceLow
        targetHigh = header.targetHigh
        targetLow = header.targetLow
        ports = Self.word(header.sourcePort, header.targetPort, header.transport, isIPv6: header.isIPv6, icmpID: 0)
    }

    @inline(__always) private static func word(
        _ source: UInt16, _ target: UInt16, _ transport: UInt8, isIPv6: Bool, icmpID: UInt16
    ) -> UInt64 {
        // An announcement does not know the identifier of an echo session, so only entries carry it.
        UInt64(source) << 48 | UInt64(target) << 32 | UInt64(transport) << 24 | UInt64(isIPv6 ? 1 : 0) << 16
            | UInt64(icmpID)
    }
}

/// The live sessions of a host: a directory with open addressing, and the sessions themselves without a gap.
///
/// A word of the directory holds 32 bits of the hash and the number of a slot. So a search reads one line of the directory
/// and one slot, and a new session is written behind the last one. Both reads miss every cache at a million sessions: who
/// knows a few sessions ahead says so with `expect`, and the reads overlap.
///
/// The standard dictionary is 8–14 times slower at a million entries, and this is the path of every event.
/// Measure (`make bench`) before changing.
package struct FlowTable {
    /// For each place 0 (free), or the upper half of a session's hash above the number of its slot plus one.
    ///
    /// Places are filled without a gap from where the hash points, so a free one ends each search.
    private var directory: [UInt64]
    private var slots: [FlowSlot] = []
    /// Slots that hold no session any more, to be filled first.
    private var vacant: [Int] = []
    private var mask: Int
    /// What `expect` is about to fetch; kept for its memory.
    private var expected: [Int] = []

    package var count: Int { slots.count - vacant.count }

    /// Room for so many sessions is there from the start: growing would copy them all, and hold them twice meanwhile. Memory
    /// that no session has used yet is the kernel's.
    private static let room = 1 << 20

    package init(minimumCapacity: Int = 1024) {
        var places = 1024
        while places * 2 < minimumCapacity * 3 { places *= 2 }
        directory = []
        mask = 0
        clearDirectory(places: places)
        reserve(max(minimumCapacity, Self.room))
    }

    private static func word(_ hash: UInt64, _ slot: Int) -> UInt64 {
        hash & 0xffff_ffff_0000_0000 | UInt64(truncatingIfNeeded: slot &+ 1)
    }

    @inline(__always) private static func slot(_ word: UInt64) -> Int {
        Int(truncatingIfNeeded: word & 0xffff_ffff) &- 1
    }

    /// Where the search for a hash, or for what a word holds of it, begins.
    @inline(__always) private func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> 32) & mask }

    @inline(__always) private static func isOfHash(_ word: UInt64, _ hash: UInt64) -> Bool { (word ^ hash) >> 32 == 0 }

    // MARK: Searching

    /// The slot of a session with the same key, or nil.
    @inline(__always) func find(_ session: FlowSlot) -> Int? {
        let hash = session.hash
        var place = home(hash)
        while true {
            let word = directory[place]
            if word == 0 { return nil }
            if Self.isOfHash(word, hash), slots[Self.slot(word)].hasSameKey(session) { return Self.slot(word) }
            place = (place &+ 1) & mask
        }
    }

    /// The slot of the session, which is put in when it is not there.
    @inline(__always) mutating func findOrInsert(_ session: FlowSlot) -> Int {
        let hash = session.hash
        var place = home(hash)
        while true {
            let word = directory[place]
            if word == 0 { break }
            if Self.isOfHash(word, hash), slots[Self.slot(word)].hasSameKey(session) { return Self.slot(word) }
            place = (place &+ 1) & mask
        }
        let slot = insert(session)
        directory[place] = Self.word(hash, slot)
        if count * 3 > directory.count * 2 { growDirectory() }
        return slot
    }

    @inline(__always) private mutating func insert(_ session: FlowSlot) -> Int {
        if let slot = vacant.popLast() {
            slots[slot] = session
            return slot
        }
        if slots.count == slots.capacity { reserve(slots.count * 2) }
        slots.append(session)
        return slots.count &- 1
    }

    /// Begins to fetch what the next searches will read, and insertions write, for sessions of these hashes.
    mutating func expect(_ hashes: some Collection<UInt64>) {
        expected.removeAll(keepingCapacity: true)
        for hash in hashes { expected.append(home(hash)) }
        MemoryHints.prefetch(directory, at: expected[...])
        MemoryHints.prefetch(slots, at: vacant.suffix(hashes.count))
        // By now the first of the directory's lines have come.
        expected.removeAll(keepingCapacity: true)
        for hash in hashes {
            let word = directory[home(hash)]
            if word != 0, Self.isOfHash(word, hash) { expected.append(Self.slot(word)) }
        }
        MemoryHints.prefetch(slots, at: expected[...])
    }

    subscript(slot: Int) -> FlowSlot {
        @inline(__always) get { slots[slot] }
        @inline(__always) _modify { yield &slots[slot] }
    }

    // MARK: Removing

    mutating func remove(at slot: Int) {
        let hash = slots[slot].hash
        var gap = home(hash)
        while directory[gap] != Self.word(hash, slot) {
            precondition(directory[gap] != 0, "slot \(slot) holds no session")
            gap = (gap &+ 1) & mask
        }
        slots[slot] = FlowSlot()
        slots[slot].isVacant = true
        vacant.append(slot)
        // What stands behind the gap moves up, unless its search begins behind it.
        var place = gap
        while true {
            place = (place &+ 1) & mask
            let word = directory[place]
            if word == 0 { break }
            if (place &- home(word)) & mask >= (place &- gap) & mask {
                directory[gap] = word
                gap = place
            }
        }
        directory[gap] = 0
    }

    /// Removes the sessions that `isStale` names.
    mutating func removeAll(where isStale: (FlowSlot) -> Bool) {
        for slot in slots.indices where !slots[slot].isVacant && isStale(slots[slot]) { remove(at: slot) }
    }

    func forEach(_ body: (FlowSlot) -> Void) {
        for slot in slots where !slot.isVacant { body(slot) }
    }

    // MARK: Growing

    private mutating func reserve(_ count: Int) {
        slots.reserveCapacity(count)
        MemoryHints.wantLargePages(slots)
    }

    private mutating func clearDirectory(places: Int) {
        directory = []
        directory.reserveCapacity(places)
        MemoryHints.wantLargePages(directory)
        for _ in 0..<places { directory.append(0) }
        mask = places - 1
    }

    private mutating func growDirectory() {
        let old = directory
        clearDirectory(places: old.count * 2)
        for word in old where word != 0 {
            var place = home(word)
            while directory[place] != 0 { place = (place &+ 1) & mask }
            directory[place] = word
        }
    }
}

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

/// The live sessions of a host: open addressing with linear probing over a compact array of tags.
///
/// The standard dictionary is 8–14 times slower at a million entries, and this is the path of every event.
/// Measure (`make bench`) before changing.
package struct FlowTable {
    /// For each place 0 (free), 1 (deleted) or the hash's upper half with its lowest two bits set.
    private var tags: [UInt32]
    private var slots: [FlowSlot]
    private var mask: Int
    /// Places that are not free: live and deleted.
    private var filled = 0
    package private(set) var count = 0

    package init(minimumCapacity: Int = 1024) {
        var places = 1024
        while places * 3 < minimumCapacity * 4 { places *= 2 }
        tags = [UInt32](repeating: 0, count: places)
        slots = [FlowSlot](repeating: FlowSlot(), count: places)
        mask = places - 1
    }

    @inline(__always) private static func tag(_ hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash >> 32) | 3
    }

    /// The place of the slot's session, or nil.
    @inline(__always) func find(_ slot: FlowSlot) -> Int? {
        let hash = slot.hash
        let tag = Self.tag(hash)
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let found = tags[place]
            if found == 0 { return nil }
            if found == tag, slots[place].hasSameKey(slot) { return place }
            place = (place &+ 1) & mask
        }
    }

    /// The place of the slot's session, which is put in when it is not there.
    @inline(__always) mutating func findOrInsert(_ slot: FlowSlot) -> Int {
        let hash = slot.hash
        let tag = Self.tag(hash)
        var place = Int(truncatingIfNeeded: hash) & mask
        var vacancy: Int?
        while true {
            let found = tags[place]
            if found == tag, slots[place].hasSameKey(slot) { return place }
            if found == 1, vacancy == nil { vacancy = place }
            if found == 0 { break }
            place = (place &+ 1) & mask
        }
        if let vacancy {
            place = vacancy
        } else {
            filled += 1
        }
        tags[place] = tag
        slots[place] = slot
        count += 1
        if filled * 4 > (mask + 1) * 3 {
            grow()
            return find(slot) ?? place
        }
        return place
    }

    subscript(place: Int) -> FlowSlot {
        @inline(__always) get { slots[place] }
        @inline(__always) _modify { yield &slots[place] }
    }

    mutating func remove(at place: Int) {
        tags[place] = 1
        count -= 1
    }

    /// Removes the sessions that `isStale` names.
    mutating func removeAll(where isStale: (FlowSlot) -> Bool) {
        for place in tags.indices where tags[place] > 1 && isStale(slots[place]) { remove(at: place) }
        if filled > 2 * count + 4096 { rebuild(places: mask + 1) }
    }

    func forEach(_ body: (FlowSlot) -> Void) {
        for place in tags.indices where tags[place] > 1 { body(slots[place]) }
    }

    private mutating func grow() {
        rebuild(places: count * 2 > mask ? (mask + 1) * 2 : mask + 1)
    }

    private mutating func rebuild(places: Int) {
        let old = (tags, slots)
        tags = [UInt32](repeating: 0, count: places)
        slots = [FlowSlot](repeating: FlowSlot(), count: places)
        mask = places - 1
        filled = count
        for index in old.0.indices where old.0[index] > 1 {
            let hash = old.1[index].hash
            var place = Int(truncatingIfNeeded: hash) & mask
            while tags[place] != 0 { place = (place &+ 1) & mask }
            tags[place] = Self.tag(hash)
            slots[place] = old.1[index]
        }
    }
}

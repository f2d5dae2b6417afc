import Host
import Model
import Netlink

/// Compares what guests' devices moved with what rules counted: a device whose packets another program takes before rules
/// see them (a bridge, tc, XDP) is found by that, whatever the cause.
///
/// Rules do not count ARP, neighbour discovery and other upkeep, nor what the host has no use for (multicast that nobody has
/// joined), and the kernel may join segments (GRO) between device and rules; so a difference counts when it is more than a
/// tenth, in packets and in bytes.
struct DeviceCounts {
    /// What was moved out of instances, and into them.
    struct Moved: Equatable {
        var out = Traffic.zero
        var into = Traffic.zero
    }

    /// A device's name with what is between two looks at it.
    struct Difference: Equatable {
        let device: String
        let words: String
    }

    static let intervalNanoseconds: Int64 = 10_000_000_000
    /// So few packets that rules did not count are upkeep.
    private static let upkeepPackets: UInt64 = 64
    private static let ethernetHeader: UInt64 = 14

    private var last: [UInt32: (device: Moved, rules: Moved)] = [:]
    private var lookedAt: Int64 = 0

    /// Whether it is time to look again.
    var isDue: Bool { SystemClock.realtime - lookedAt >= Self.intervalNanoseconds }

    /// Compares with what was before; a device that was not looked at before has nothing to be compared with.
    ///
    /// * `bound`: the devices that rules judge.
    /// * `rules`: what rules counted, by device.
    mutating func compare(
        _ bound: [NetworkDevice], rules: [String: Moved], now: Int64
    ) -> [Difference] {
        var found: [Difference] = []
        var present: [UInt32: (device: Moved, rules: Moved)] = [:]
        for device in bound {
            let counted = rules[device.name] ?? Moved()
            // The device receives what the instance sends.
            let moved = Moved(out: device.received, into: device.sent)
            present[device.number] = (moved, counted)
            guard let before = last[device.number] else { continue }
            let ways = [
                ("sent", moved.out, before.device.out, counted.out, before.rules.out),
                ("got", moved.into, before.device.into, counted.into, before.rules.into),
            ]
            for (verb, moved, movedBefore, counted, countedBefore) in ways {
                guard let words = Self.words(moved, movedBefore, counted, countedBefore) else { continue }
                found.append(
                    Difference(
                        device: device.name, words: "the guest of \(device.name) \(verb) \(words)"))
            }
        }
        (last, lookedAt) = (present, now)
        return found
    }

    private static func words(
        _ moved: Traffic, _ movedBefore: Traffic, _ counted: Traffic, _ countedBefore: Traffic
    ) -> String? {
        // Counters that began anew have nothing before.
        guard moved.packets >= movedBefore.packets, counted.packets >= countedBefore.packets else { return nil }
        let (moved, counted) = (moved - movedBefore, counted - countedBefore)
        let bytes = moved.bytes - min(moved.bytes, moved.packets * ethernetHeader)
        guard moved.packets > counted.packets + upkeepPackets, moved.packets > counted.packets / 9 * 10,
            bytes > counted.bytes / 9 * 10
        else { return nil }
        return
            "\(moved.packets) packets, and rules saw \(counted.packets): another program takes them before (tc, XDP, a "
            + "bridge, a table of the netdev family), the host has no use for them (multicast, no route), or they are not of IP"
    }
}

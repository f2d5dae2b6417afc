import Foundation

/// Chance from a seed, the same for the same seed.
struct Dice {
    private var state: UInt64

    /// Seeds next to each other have nothing in common: the state is mixed once.
    init(seed: UInt64) {
        state = seed
        state = next() ^ seed << 32
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
    mutating func chance(_ part: Double) -> Bool { unit() < part }
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }
    mutating func pick<Element>(_ list: [Element]) -> Element { list[Int(next() % UInt64(list.count))] }
    /// Seconds to the next of events that come by chance.
    mutating func wait(mean: Double) -> Double { -mean * Foundation.log(max(unit(), 1e-12)) }
    mutating func port() -> UInt16 { UInt16(32_768 + next() % 28_000) }
}

/// Keys of tables: sixty-four bits mixed from what they stand for, the same in every run.
///
/// Two of ten million differing keys are the same with a probability below 3 in a million.
enum Mixing {
    static func key(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    static func key(_ address: UInt128) -> UInt64 {
        key(UInt64(truncatingIfNeeded: address) ^ key(UInt64(truncatingIfNeeded: address >> 64)))
    }

    /// The key of a pair; the order of its ends counts.
    static func key(_ first: UInt64, _ second: UInt64) -> UInt64 { key(first &* 0x2545_f491_4f6c_dd1d ^ second) }
}

package import Model

/// The packet mark by which a network ACL's refusal travels to where packets are counted.
///
/// A network ACL is asked before connection tracking, which would count the packet for its session. There the way out
/// is not known yet, so the packet is marked, left untracked, and counted and dropped at the forward hook. The packet
/// goes nowhere, so its mark disturbs nobody.
///
/// | bits | meaning |
/// |---|---|
/// | 24–31 | `0x6a` |
/// | 16 | 1 for ingress |
/// | 0–15 | the rule's index |
package enum EdgeMark {
    /// How nft asks whether a packet bears such a mark.
    package static let condition = "meta mark and 0xff000000 == 0x6a000000"

    package static func value(_ index: UInt16, _ direction: Direction) -> UInt32 {
        0x6a00_0000 | (direction == .ingress ? 0x1_0000 : 0) | UInt32(index)
    }

    package static func index(_ mark: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: mark) }
    package static func direction(_ mark: UInt32) -> Direction { mark & 0x1_0000 != 0 ? .ingress : .egress }
}

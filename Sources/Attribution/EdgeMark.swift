package import Model

/// The packet mark by which a refusal before connection tracking travels to where packets are counted.
///
/// Network ACLs and stateless groups are asked before connection tracking, which would count the packet for its session.
/// There the way out is not known yet, so the packet is marked, left untracked, and counted and dropped at the forward
/// hook. The packet goes nowhere, so its mark disturbs nobody.
///
/// | bits | meaning |
/// |---|---|
/// | 24–31 | `0x6a` |
/// | 22 | 1 for the guard's refusals |
/// | 19 | 1 for the enterprise policy, which is asked behind connection tracking: nothing bears it |
/// | 17 | 1 for a stateless group's refusal; 0 here, in 19 and in 22 for a network ACL's rule |
/// | 16 | 1 for ingress |
/// | 0–15 | the rule's index |
///
/// A packet that opens nothing but is judged for its session (`answer`) bears another mark while NFLOG may report it.
package enum EdgeMark {
    /// The bits that say whether a packet bears such a mark, and what they are then.
    package static let mask: UInt32 = 0xff00_0000
    package static let pattern: UInt32 = 0x6a00_0000

    /// Goes the other way than the session that it is judged for: ends and ports are to be read the other way round. It
    /// bears no mark any more where it is let through.
    package static let answer: UInt32 = pattern | 0x80_0000

    /// Refused by the guard, which waits for the way out to be known.
    package static let impostor: UInt32 = value(0, .egress, .guard)
    package static let headers: UInt32 = value(1, .egress, .guard)

    /// * `index`: the rule's; of the guard, which of its refusals it is.
    package static func value(_ index: UInt16, _ direction: Direction, _ stage: Stage) -> UInt32 {
        pattern | bits(stage) | (direction == .ingress ? 0x1_0000 : 0) | UInt32(index)
    }

    private static func bits(_ stage: Stage) -> UInt32 {
        switch stage {
        case .acl: 0
        case .group: 0x2_0000
        case .guard: 0x40_0000
        // Asked behind connection tracking: no packet bears a mark of it yet.
        case .enterprise: 0x8_0000
        }
    }

    package static func index(_ mark: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: mark) }
    package static func direction(_ mark: UInt32) -> Direction { mark & 0x1_0000 != 0 ? .ingress : .egress }
    package static func stage(_ mark: UInt32) -> Stage {
        Stage.allCases.first { bits($0) != 0 && mark & bits($0) != 0 } ?? .acl
    }
}

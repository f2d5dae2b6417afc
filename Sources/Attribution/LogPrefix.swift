package import Model

/// The eight characters by which a packet that NFLOG reports tells its verdict.
///
/// | bytes | meaning |
/// |---|---|
/// | 0–1 | `gh` |
/// | 2 | `a` accepted by a rule, `l` or `m` refused by a network ACL as the packet left or entered a subnet, `o` or `p` refused by the stateless groups of its sender or its target, `r` refused by default, `s` spoofed, `d` DHCP server, `n` router advertisement, `v` invalid, `u` untracked, `k` link upkeep beyond its link, `i` impostor, `h` unclear headers, `t` no hop left, `w` misrouted, `e` the host's own error, let in, `b` blocked by an enterprise rule, `y` observed by one |
/// | 3 | `e` egress, `i` ingress |
/// | 4–7 | the rule's index in hexadecimal for `a`, `l`, `m`, `o`, `p` and `y`; `0000` for the others, whose rule follows from the interface, or for `b` from the packet's mark |
package struct LogPrefix: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case accepted(index: UInt16)
        /// Before connection tracking, by a rule of this direction: a network ACL's, or a stateless group's refusal by
        /// default. The sender's end is told of what refused at the target's as well.
        case refusedAtEdge(index: UInt16, Direction, Stage)
        /// By an enterprise rule, whose index is in the packet's mark (`MarkLayout`).
        case blocked
        /// By an enterprise rule, which decides nothing.
        case observed(index: UInt16)
        case refused
        case guarded(GuardRule)
    }

    /// Whether it tells of a rule that decides nothing.
    package var isObservation: Bool { if case .observed = reason { true } else { false } }

    package let reason: Reason
    package let direction: Direction

    package init(reason: Reason, direction: Direction) {
        self.reason = reason
        self.direction = direction
    }

    /// Reads the first eight bytes of a prefix, as a big-endian number; nil when they are not Gatehouse's.
    package init?(bytes: UInt64) {
        func byte(_ index: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: bytes >> (56 - 8 * index)) }
        guard byte(0) == UInt8(ascii: "g"), byte(1) == UInt8(ascii: "h") else { return nil }
        switch byte(3) {
        case UInt8(ascii: "e"): direction = .egress
        case UInt8(ascii: "i"): direction = .ingress
        default: return nil
        }
        switch byte(2) {
        case UInt8(ascii: "a"), UInt8(ascii: "l"), UInt8(ascii: "m"), UInt8(ascii: "o"), UInt8(ascii: "p"),
            UInt8(ascii: "y"):
            var index: UInt16 = 0
            for position in 4..<8 as Range<UInt64> {
                guard let digit = Self.digit(byte(position)) else { return nil }
                index = index << 4 | digit
            }
            switch byte(2) {
            case UInt8(ascii: "a"): reason = .accepted(index: index)
            case UInt8(ascii: "y"): reason = .observed(index: index)
            case UInt8(ascii: "l"): reason = .refusedAtEdge(index: index, .egress, .acl)
            case UInt8(ascii: "m"): reason = .refusedAtEdge(index: index, .ingress, .acl)
            case UInt8(ascii: "o"): reason = .refusedAtEdge(index: index, .egress, .group)
            default: reason = .refusedAtEdge(index: index, .ingress, .group)
            }
        case UInt8(ascii: "r"): reason = .refused
        case UInt8(ascii: "b"): reason = .blocked
        default:
            guard let rule = GuardRule.allCases.first(where: { Self.letter($0) == byte(2) }) else { return nil }
            reason = .guarded(rule)
        }
    }

    @inline(__always) private static func digit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case 0x30...0x39: UInt16(byte - 0x30)
        case 0x61...0x66: UInt16(byte - 0x57)
        default: nil
        }
    }

    private static func letter(_ rule: GuardRule) -> UInt8 {
        switch rule {
        case .spoof: UInt8(ascii: "s")
        case .dhcpServer: UInt8(ascii: "d")
        case .routerAdvertisement: UInt8(ascii: "n")
        case .invalid: UInt8(ascii: "v")
        case .untracked: UInt8(ascii: "u")
        case .linkUpkeep: UInt8(ascii: "k")
        case .impostor: UInt8(ascii: "i")
        case .headers: UInt8(ascii: "h")
        // Rules do not tell it from others: capture does, by the device.
        case .held: UInt8(ascii: "z")
        case .hopLimit: UInt8(ascii: "t")
        case .misrouted: UInt8(ascii: "w")
        case .hostError: UInt8(ascii: "e")
        case .dhcpClient: UInt8(ascii: "c")
        }
    }

    private static func letter(_ edge: Direction, _ stage: Stage) -> Character {
        switch (stage, edge) {
        case (.acl, .egress): "l"
        case (.acl, .ingress): "m"
        case (.group, .egress): "o"
        case (.group, .ingress): "p"
        // The guard's reasons have letters of their own; this one is nobody's.
        case (.guard, _), (.enterprise, _): "g"
        }
    }

    /// The prefix as a rule carries it.
    package var text: String {
        let way = direction == .egress ? "e" : "i"
        switch reason {
        case .accepted(let index): return "gha\(way)" + hexadecimal(index)
        case .refusedAtEdge(let index, let edge, let stage):
            return "gh\(Self.letter(edge, stage))\(way)" + hexadecimal(index)
        case .observed(let index): return "ghy\(way)" + hexadecimal(index)
        case .refused: return "ghr\(way)0000"
        case .blocked: return "ghb\(way)0000"
        case .guarded(let rule): return "gh\(Unicode.Scalar(Self.letter(rule)))\(way)0000"
        }
    }
}

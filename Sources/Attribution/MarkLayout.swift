package import Model

/// How a connection's mark remembers who admitted it.
///
/// The kernel keeps 32 bits with each connection (`ct mark`). The upper half holds the index of the egress rule that let
/// the session leave its instance, the lower half that of the ingress rule that let it reach one; zero is "not judged at
/// that end": a packet of such an entry is judged, whatever the entry has seen. So an entry found after a restart still says
/// which rules decided. No other software on the host may use the mark.
package enum MarkLayout {
    package static func egressIndex(_ mark: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: mark >> 16) }
    package static func ingressIndex(_ mark: UInt32) -> UInt16 { UInt16(truncatingIfNeeded: mark) }

    package static func index(_ mark: UInt32, _ direction: Direction) -> UInt16 {
        direction == .egress ? egressIndex(mark) : ingressIndex(mark)
    }

    /// The index of `GuardRule.dhcpClient`, which no group rule gets.
    package static let dhcpClientIndex: UInt16 = 0xffff

    /// The bits of a rule's half.
    package static func bits(_ direction: Direction) -> UInt32 { direction == .egress ? 0xffff_0000 : 0x0000_ffff }

    /// The half of an egress rule, which comes first, or of an ingress rule, which comes beside it.
    package static func half(_ index: UInt16, _ direction: Direction) -> UInt32 {
        direction == .egress ? UInt32(index) << 16 : UInt32(index)
    }
}

package import Attribution
package import Model

/// A part of a rule, as a value: what it asks of a packet, notes about it, or decides. `NftText` writes it.
package enum Statement: Hashable, Sendable {
    case match(Match)
    /// The packet's key is in the set, whose element counts it where the set has counters; or is not in it.
    case lookup([PacketField], SetName, isIn: Bool)
    /// Adds the packet's key to a set; a rule whose set is full ends here.
    case add(SetName, [PacketField])
    /// Takes the packet's key out of a set, where it is in it.
    case delete(SetName, [PacketField])
    /// Adds the packet's key to a set where it is not in it yet, and counts; a rule whose set is full ends here.
    case update(SetName, [PacketField])
    /// The packet's key comes more often than so many times a minute, after so many at once.
    case exceeds(SetName, [PacketField], perMinute: Int, burst: Int)
    case log(LogPrefix)
    case note(Note)
    /// Keeps the packet from connection tracking.
    case notrack
    /// Counts the packets that come this far, for those who list the table.
    case count
    case verdict(Decision)

    /// What a rule writes to a packet or its connection.
    package enum Note: Hashable, Sendable {
        /// The rule that let a session leave its instance, or reach one: its half of the connection's mark.
        case rule(UInt16, Direction)
        /// The packet's mark: the index of the enterprise rule that blocks it, in its half, beside the connection's other half.
        case blocked(UInt16, Direction)
        /// The packet's mark: an `EdgeMark`.
        case packetMark(UInt32)
        /// The connection's mark names no rule.
        case noRules
        /// The number that a map has for an end: of its profile (`ProfileDispatch`), or of its bridge.
        case profile([PacketField], of: SetName)
        /// The packet's priority.
        case priority(UInt32)
        /// No number of a profile any more.
        case noProfile
        /// The number of the connection's entry, until `noConnection`.
        case connection
        case noConnection
        /// The word with the length of the packet that an ICMP error of the family quotes, until `noConnection`.
        case quotedLength(AddressFamily)
    }

    /// What becomes of a packet.
    package enum Decision: Hashable, Sendable {
        case accept
        case drop
        case `return`
        case jump(String)
        case goto(String)
        /// Where the map's element for the packet's key leads; the next rule where there is none.
        case map(PacketField, SetName)
        /// The same by a key of several.
        case mapOf([PacketField], SetName)
    }

    package static let accept = Statement.verdict(.accept)
    package static let drop = Statement.verdict(.drop)
    package static let `return` = Statement.verdict(.return)
    package static func jump(_ chain: String) -> Statement { .verdict(.jump(chain)) }
    package static func goto(_ chain: String) -> Statement { .verdict(.goto(chain)) }
    package static func isIn(_ set: SetName, _ key: PacketField...) -> Statement { .lookup(key, set, isIn: true) }
    package static func isNotIn(_ set: SetName, _ key: PacketField...) -> Statement { .lookup(key, set, isIn: false) }

    /// The packet came from an instance of this host, or goes to one.
    package static let fromPort = Statement.isIn(.ports, .inputDevice)
    package static let toPort = Statement.isIn(.ports, .outputDevice)
    /// Counts what an instance sent, or is sent; the rule ends where the packet has no such end.
    package static let countEgress = Statement.isIn(.egressCounts, .inputDevice)
    package static let countIngress = Statement.isIn(.ingressCounts, .outputDevice)
}

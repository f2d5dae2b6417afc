package import Records

/// A flow that is over, or a part of one: what a record says.
package struct MeteredFlow: Hashable, Sendable {
    /// As archives have addresses: IPv4 as `::ffff:a.b.c.d`.
    package var initiator: UInt128
    package var target: UInt128
    package var transport: UInt8
    /// For protocols with ports, where they were captured.
    package var ports: Ports?
    /// Of ICMP and ICMPv6, where they were captured: those that opened the flow.
    package var icmp: ICMP?
    /// All that were seen; nil for other protocols than TCP.
    package var flags: UInt8?
    /// Microseconds since 1970.
    package var start: Int64
    package var end: Int64
    package var packetsFromInitiator: UInt64
    package var bytesFromInitiator: UInt64
    package var packetsFromTarget: UInt64
    package var bytesFromTarget: UInt64
    package var endReason: EndReason
    /// Number of its first packet in the file.
    package var firstPacket: Int
    /// The interface's name in the file, or `ifindex:` and its index.
    package var device: String?

    package struct Ports: Hashable, Sendable {
        package let initiator: UInt16
        package let target: UInt16
    }

    package struct ICMP: Hashable, Sendable {
        package let type: UInt8
        package let code: UInt8
    }
}

/// When flows end, and how many there are at most.
package struct MeterSettings: Hashable, Sendable {
    /// Seconds without a packet after which a flow is over.
    package var idleSeconds = 60
    /// Seconds after which a flow that goes on gets a further record.
    package var activeSeconds = 300
    /// Flows that are open at most, each of some 140 bytes with its place in the index.
    package var flows = 1 << 19

    package init() {}

    /// What seconds may be.
    package static let seconds = 1...86_400
}

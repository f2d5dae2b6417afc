/// A flow as an exporter of NetFlow or IPFIX tells it; what it does not tell is nil.
package struct ExportedFlow: Hashable, Sendable {
    /// As archives have addresses: IPv4 as `::ffff:a.b.c.d`.
    package var source: UInt128?
    package var target: UInt128?
    package var sourcePort: UInt16?
    package var targetPort: UInt16?
    package var transport: UInt8?
    /// Type and code, type times 256.
    package var icmp: UInt16?
    package var flags: UInt8?
    /// Microseconds since 1970.
    package var start: Int64?
    package var end: Int64?
    package var packets: UInt64?
    package var bytes: UInt64?
    /// Of the other way, where the exporter counts both (RFC 5103, or initiator and responder).
    package var packetsBack: UInt64?
    package var bytesBack: UInt64?
    /// One of so many packets was looked at.
    package var sampling: UInt64?
    /// As the number of `flowEndReason` has it: 1 idle, 2 active, 3 end, 4 forced, 5 lack of resources.
    package var endReason: UInt8?
    /// `forwardingStatus`, whose upper two bits say whether the packets went on; widened where it has 4 bytes.
    package var forwarding: UInt8?
    /// `firewallEvent`; 3 is a refusal.
    package var firewallEvent: UInt8?
    package var sourceBehind: UInt128?
    package var targetBehind: UInt128?
    package var sourcePortBehind: UInt16?
    package var targetPortBehind: UInt16?
    /// Observation domain, source id or engine.
    package var domain: UInt32 = 0

    package init() {}
}

/// What is wrong with a message of an exporter.
package struct ExportFault: Error, Hashable, CustomStringConvertible {
    /// Bytes of the message before it.
    package let offset: Int
    package let reason: String

    package var description: String { "\(reason), at byte \(offset) of the message" }
}

/// What a message says beside flows.
package enum ExportNote: Hashable, Sendable {
    /// Messages or records are missing before this one, by the exporter's numbers; nil where only messages are numbered.
    case gap(domain: UInt32, records: UInt64?, messages: UInt64?, at: Int64)
    /// Flows whose template has not come: so many bytes of them.
    case withoutTemplate(domain: UInt32, template: UInt16, bytes: Int)
    /// There is no room for a further template.
    case tooManyTemplates(domain: UInt32)
}

/// One flow record as detections see it: numbers alone.
///
/// Where a source logs each way on its own, the record of an answer has its ends swapped and `isReply`, so that `initiator` is
/// always who asked.
package struct Observation: Sendable, BitwiseCopyable {
    package enum Way: UInt8, Sendable, BitwiseCopyable {
        case unknown, ingress, egress
    }

    /// Microseconds since 1970.
    package var start: Int64 = 0
    package var end: Int64 = 0
    /// Sixteen bytes, as `UInt128(IPAddress)` has them.
    package var initiator: UInt128 = 0
    package var target: UInt128 = 0
    /// 0 where there is none.
    package var initiatorPort: UInt16 = 0
    package var targetPort: UInt16 = 0
    package var transport: UInt8 = 0
    package var outcome = Outcome.passed
    package var way = Way.unknown
    /// A record of the answers alone.
    package var isReply = false
    /// The session began in an earlier record.
    package var isContinuing = false
    /// One of a flood's sum, whose ports or addresses are not all known.
    package var isCoarse = false
    package var packets: UInt64 = 0
    package var bytes: UInt64 = 0
    package var answers: UInt64 = 0
    package var answered: UInt64 = 0
    package var record: RecordKey
    /// Numbers among the run's `Names`; 0 for none.
    package var rule: UInt32 = 0
    package var interface: UInt32 = 0

    package init(record: RecordKey) { self.record = record }
}

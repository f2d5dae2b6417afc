package import Model
import Records

/// Consecutive windows of one interface under one owner on the same terms: what one object of each part tells.
package struct Span: Hashable, Sendable {
    /// A span is due before its time when its objects have come to about so many bytes before compression.
    package static let earlyBytes = 100_000
    /// What a record takes in an object of the VPC service's format before compression, about.
    package static let recordBytes = 640

    package let owner: Ownership.Owner
    package let terms: Ownership.Terms
    package let start: Timestamp
    package internal(set) var end: Timestamp
    package internal(set) var ingress = 0
    package internal(set) var egress = 0
    /// Numbers in the spool between which all the interface's records are the span's.
    package internal(set) var sequences: ClosedRange<UInt64>?
    /// Whether records of the span are missing.
    package internal(set) var hasLoss: Bool

    package var interface: Identifier<Interface> { owner.placement.interface }
    package var records: Int { ingress + egress }

    func records(_ part: ObjectPart) -> Int {
        (part.holds(.ingress) ? ingress : 0) + (part.holds(.egress) ? egress : 0)
    }

    /// Whether the interval, or so much content, is complete at the span's end.
    var isDue: Bool {
        end.aligned(to: .seconds(owner.collector.interval)) > start || records * Self.recordBytes >= Self.earlyBytes
    }
}

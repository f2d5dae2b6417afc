import Model

/// What a check of the trail's chain found: all of it, not the first fault alone.
package struct TrailReport: Hashable, Sendable {
    /// One thing that is wrong with the chain.
    package struct Fault: Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// The entries' content does not have the hash that they bear.
            case altered
            case missing
            /// The entry before is missing, so that the hash cannot be compared.
            case orphaned
            /// What the entry of this number sealed is something else now.
            case unsealed(by: Int64)
        }

        package let kind: Kind
        package internal(set) var entries: ClosedRange<Int64>
        /// The entry that seals it; nil where none does.
        package internal(set) var seal: Int64?

        init(_ kind: Kind, _ entries: ClosedRange<Int64>) {
            self.kind = kind
            self.entries = entries
        }

        /// What a person is told.
        package var reason: String {
            let isOne = entries.count == 1
            let which = isOne ? "entry \(entries.lowerBound)" : "entries \(entries.lowerBound) to \(entries.upperBound)"
            return switch kind {
            case .altered: isOne ? "\(which) does not bear its own hash" : "\(which) do not bear their own hashes"
            case .missing: isOne ? "\(which) is missing" : "\(which) are missing"
            case .orphaned: "\(which) follows from one that is missing"
            case .unsealed(let seal): "\(which) changed after entry \(seal) had sealed \(isOne ? "it" : "them")"
            }
        }
    }

    /// An entry by which an administrator has said that the chain was broken, and where.
    package struct Seal: Hashable, Sendable {
        package let sequence: Int64
        /// The entries of the breach: from which to which.
        package let entries: ClosedRange<Int64>
        /// SHA-256 in hexadecimal over what was stored of them then.
        package let digest: String
        /// Who sealed it, when (nanoseconds since 1970), and why.
        package let actorName: String
        package let at: Int64
        package let reason: String
        /// Whether the entry bears its own hash, and what is stored of those that it seals is what was stored then.
        package internal(set) var isIntact = true
    }

    /// How many entries there are, and the hash of the last.
    package internal(set) var entries = 0
    package internal(set) var last = ""
    /// All faults, those that are sealed included, in the order of the entries.
    package internal(set) var faults: [Fault] = []
    package internal(set) var seals: [Seal] = []

    /// Faults that nobody has sealed.
    package var open: [Fault] { faults.filter { $0.seal == nil } }
    /// Whether nothing is wrong but what an administrator has sealed.
    package var isSound: Bool { faults.allSatisfy { $0.seal != nil } }

    /// Spans of entries with open faults, adjacent ones as one; beyond `Limit.toldFaults` one span from the first to the last.
    var breaches: [ClosedRange<Int64>] {
        var spans: [ClosedRange<Int64>] = []
        for fault in open.sorted(by: { $0.entries.lowerBound < $1.entries.lowerBound }) {
            if let last = spans.last, fault.entries.lowerBound <= last.upperBound + 1 {
                spans[spans.count - 1] = last.lowerBound...max(last.upperBound, fault.entries.upperBound)
            } else {
                spans.append(fault.entries)
            }
        }
        guard spans.count > Limit.toldFaults.bound, let first = spans.first, let last = spans.last else { return spans }
        return [first.lowerBound...last.upperBound]
    }
}

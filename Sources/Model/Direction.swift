/// The way of a session, seen from the interface: `ingress` is toward the instance, `egress` away from it.
package enum Direction: String, Hashable, Sendable, Codable, CaseIterable {
    case ingress
    case egress

    /// The number that stands for it in records.
    package var code: UInt8 {
        switch self {
        case .ingress: 0
        case .egress: 1
        }
    }

    package init?(code: UInt8) {
        guard let known = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = known
    }
}

/// What was decided about a session.
package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
    case accept
    case drop

    /// The word of logs and tables, which Neutron and AWS have too.
    package var word: String {
        switch self {
        case .accept: "ACCEPT"
        case .drop: "DROP"
        }
    }

    /// The number that stands for it in records.
    package var code: UInt8 {
        switch self {
        case .accept: 0
        case .drop: 1
        }
    }

    package init?(code: UInt8) {
        guard let known = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = known
    }
}

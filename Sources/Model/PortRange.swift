/// A closed range of target ports, 0–65535.
package struct PortRange: Hashable, Sendable, Codable {
    package let lower: UInt16
    package let upper: UInt16

    /// - Precondition: `lower` is not above `upper`; readers of user input check first.
    package init(_ lower: UInt16, _ upper: UInt16) {
        precondition(lower <= upper, "port range \(lower)-\(upper) is reversed")
        self.lower = lower
        self.upper = upper
    }

    package static let all = PortRange(0, 65535)

    package func contains(_ port: UInt16) -> Bool { lower <= port && port <= upper }
}

extension PortRange: CustomStringConvertible {
    package var description: String { lower == upper ? "\(lower)" : "\(lower)-\(upper)" }
}

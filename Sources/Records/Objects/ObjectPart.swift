package import Model

/// Which of an interface's records an object holds.
package enum ObjectPart: String, Hashable, Sendable, Codable {
    case ingress
    case egress
    case all

    package func holds(_ direction: Direction) -> Bool { self == .all || rawValue == direction.rawValue }
}

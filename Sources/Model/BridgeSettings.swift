/// What a policy says of a bridge that guests hang on.
package struct BridgeSettings: Hashable, Sendable, Codable {
    /// What becomes of a port that no interface claims.
    package enum Unknown: String, Hashable, Sendable, Codable, CaseIterable {
        /// It passes unjudged, as on a bridge that nobody speaks of.
        case accept
        /// It is refused everything, either way.
        case refuse
    }

    /// Name of the Linux bridge.
    package let name: String
    package let unknown: Unknown
    /// Ports that lead out of the host: the outside, never unknown.
    package let uplinks: [String]

    package init(name: String, unknown: Unknown = .accept, uplinks: [String] = []) {
        self.name = name
        self.unknown = unknown
        self.uplinks = uplinks
    }
}

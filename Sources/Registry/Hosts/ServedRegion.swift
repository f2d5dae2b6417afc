/// The region that a control plane serves, which is part of the names that hosts give to things in flow logs.
package struct ServedRegion: Hashable, Sendable {
    package let name: String
    /// At least one; the first is where things are that nobody placed.
    package let zones: [String]

    package init(name: String = "local", zones: [String] = ["local-1"]) {
        self.name = name
        self.zones = zones
    }

    package var firstZone: String { zones.first ?? name }
}

package import Model

/// What the key of a flow-log object, of any format, says of where it belongs.
package struct FlowObjectPlace: Hashable, Sendable {
    package let interface: Identifier<Interface>
    /// The hour since 1970 in which the object's span ended; where the key leaves two to choose from, the later one.
    package let hour: Int64

    package init(interface: Identifier<Interface>, hour: Int64) {
        self.interface = interface
        self.hour = hour
    }

    /// Reads a key whose folders are named `key=value`; nil where one is missing.
    init?(folders key: String) {
        var parts: [Substring: Substring] = [:]
        for part in key.split(separator: "/") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { parts[pair[0]] = pair[1] }
        }
        guard let interface = parts["vnic-id"].flatMap({ Identifier<Interface>($0) }), let year = parts["year"],
            let month = parts["month"], let day = parts["day"], let hour = parts["hour"],
            let instant = TimeText.instant("\(year)-\(month)-\(day)T\(hour):00:00Z")
        else { return nil }
        self.interface = interface
        self.hour = instant.seconds / 3600
    }
}

package import Model

/// What the key of a flow-log object, of any format, says of where it belongs.
package struct FlowObjectPlace: Hashable, Sendable {
    /// What the keys of flow-log objects begin with; nothing else lies there.
    package static let prefixes = [IBMObjectKey.prefix, JSONObjectKey.prefix, AWSObjectKey.prefix]

    package let interface: Identifier<Interface>
    /// The hour since 1970 in which the object's span ended; where the key leaves two to choose from, the later one.
    package let hour: Int64

    /// Reads a key; nil for one that no format of ours has.
    package init?(key: String) {
        if key.hasPrefix(AWSObjectKey.prefix) {
            self.init(awsName: key.split(separator: "/").last ?? "")
        } else if key.hasPrefix(IBMObjectKey.prefix) || key.hasPrefix(JSONObjectKey.prefix) {
            self.init(folders: key)
        } else {
            return nil
        }
    }

    private init?(folders key: String) {
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

    /// `…_YYYYMMDDTHHMMZ_HASH.log.gz`. A span that ends with a slot ends at the beginning of the next.
    private init?(awsName name: Substring) {
        let parts = name.split(separator: "_").suffix(2).map(Array.init)
        guard parts.count == 2, parts[0].count == 14, parts[1].count == 48 + ".log.gz".count else { return nil }
        let stamp = parts[0]
        let digits = String(parts[1].prefix(32))
        guard let high = UInt64(digits.prefix(16), radix: 16), let low = UInt64(digits.suffix(16), radix: 16),
            let instant = TimeText.instant(
                "\(String(stamp[0..<4]))-\(String(stamp[4..<6]))-\(String(stamp[6..<8]))T"
                    + "\(String(stamp[9..<11])):\(String(stamp[11..<13])):00Z")
        else { return nil }
        interface = Identifier(high: high, low: low)
        hour = (instant.seconds + AWSObjectKey.slot) / 3600
    }
}

import Service

/// The names that the VPC API takes, and those that it makes up.
enum Naming {
    /// Up to 63 of `a-z`, `0-9` and `-`, no hyphen at the end, not digits only.
    static func check(_ name: String, _ field: String, leadingHyphen: Bool = false) throws(VPCError) {
        let bytes = Array(name.utf8)
        let isLegal = bytes.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        let isNumber = bytes.allSatisfy { (0x30...0x39).contains($0) }
        guard (1...63).contains(bytes.count), isLegal, !isNumber, bytes.last != UInt8(ascii: "-"),
            leadingHyphen || bytes.first != UInt8(ascii: "-")
        else {
            throw .field(
                .invalidName, field,
                "\(field): 1 to 63 of a-z, 0-9 and - are wanted, not digits only, without a hyphen at an end.",
                value: .string(String(name.prefix(100))))
        }
    }

    private static let words = [
        "amber", "anchor", "autumn", "basalt", "beacon", "birch", "bridge", "candle", "canyon", "cedar", "cinder",
        "clover", "cobalt", "copper", "coral", "crane", "delta", "ember", "falcon", "fathom", "fjord", "garnet",
        "glacier", "granite", "harbor", "hazel", "heron", "indigo", "island", "jasper", "juniper", "kestrel",
        "lagoon", "lantern", "larch", "linen", "maple", "marble", "meadow", "mellow", "nimble", "nutmeg", "ocean",
        "olive", "onyx", "orchid", "pebble", "pepper", "prairie", "quartz", "quiver", "raven", "ripple", "saffron",
        "sierra", "silver", "sparrow", "spruce", "summit", "thistle", "timber", "tundra", "velvet", "walnut",
        "willow", "zephyr",
    ]

    /// Four hyphenated random words.
    static func random() -> String {
        (0..<4).map { _ in words.randomElement() ?? "stone" }.joined(separator: "-")
    }

    /// The name as it is shown: what its owner gave on either side, or one made of the id.
    static func shown(_ name: String, _ prefix: String, _ id: String) -> String {
        name.isEmpty ? "\(prefix)-\(id.prefix(8))" : name
    }
}

package import Model

/// The formats that there are.
package struct ObjectFormats: Sendable {
    package let all: [any ObjectFormat]

    package init(_ all: [any ObjectFormat]) { self.all = all }

    /// Every format of this release, one line each.
    package static let standard = ObjectFormats([
        IBMFormat(isPlus: false),
        IBMFormat(isPlus: true),
        JSONLinesFormat(),
        AWSFormat(),
    ])

    package var names: [String] { all.map(\.name) }
    /// What the keys of flow-log objects begin with, each once.
    package var keyPrefixes: [String] {
        all.map(\.keyPrefix).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The format of a collector; nil where this release does not know it.
    package subscript(format: FlowLogFormat) -> (any ObjectFormat)? { all.first { $0.name == format.name } }

    /// What the key of an object says of where it belongs; nil for one that no format writes.
    package func place(key: String) -> FlowObjectPlace? {
        all.first { key.hasPrefix($0.keyPrefix) }?.place(key: key)
    }
}

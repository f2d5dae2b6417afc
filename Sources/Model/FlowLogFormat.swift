/// How a collector's objects are written: a format's word, and its columns where it has some to choose from.
///
/// Which formats there are is one list, `ObjectFormats` in `Records`; a host refuses what is not in its own.
package struct FlowLogFormat: Hashable, Sendable, Codable {
    /// The word that users write.
    package let name: String
    /// In their order; empty for a format without columns.
    package let columns: [String]

    package init(name: String, columns: [String] = []) {
        self.name = name
        self.columns = columns
    }

    /// What a collector has where nobody chose: as the VPC service writes its objects.
    package static let ibm = FlowLogFormat(name: "ibm")
}

extension FlowLogFormat {
    private enum Key: CodingKey {
        case name
        case columns
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            name: try container.decode(String.self, forKey: .name),
            columns: try container.decodeIfPresent([String].self, forKey: .columns) ?? [])
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        if !columns.isEmpty { try container.encode(columns, forKey: .columns) }
    }
}

/// How a collector's objects are written.
package enum FlowLogFormat: Hashable, Sendable {
    /// As the VPC service writes them: TCP and UDP over IPv4.
    case ibm
    /// The same shape for every protocol and IPv6, and with what decided under a key of its own.
    case ibmPlus
    /// One JSON object a line, with all that is known of a record.
    case jsonLines
    /// AWS's lines with these columns, in this order.
    case aws(columns: [String])

    /// The columns of AWS's default format.
    package static let awsDefaultColumns = [
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets",
        "bytes", "start", "end", "action", "log-status",
    ]

    package static let names = ["ibm", "ibm+", "jsonl", "aws"]

    /// The word that users write.
    package var name: String {
        switch self {
        case .ibm: "ibm"
        case .ibmPlus: "ibm+"
        case .jsonLines: "jsonl"
        case .aws: "aws"
        }
    }

    /// Empty but for AWS's lines.
    package var columns: [String] {
        if case .aws(let columns) = self { columns } else { [] }
    }

    /// The format of a word; nil for an unknown one. `columns` are for `aws` only; none are the default ones.
    package init?(name: String, columns: [String] = []) {
        switch name {
        case "ibm": self = .ibm
        case "ibm+": self = .ibmPlus
        case "jsonl": self = .jsonLines
        case "aws": self = .aws(columns: columns.isEmpty ? Self.awsDefaultColumns : columns)
        default: return nil
        }
    }
}

extension FlowLogFormat: Codable {
    private enum Key: CodingKey {
        case name
        case columns
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .name)
        let columns = try container.decodeIfPresent([String].self, forKey: .columns) ?? []
        guard let format = FlowLogFormat(name: name, columns: columns) else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container, debugDescription: "\"\(name)\" is no format of flow logs")
        }
        self = format
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        if !columns.isEmpty { try container.encode(columns, forKey: .columns) }
    }
}

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
        case "aws": self = .aws(columns: columns.isEmpty ? AWSField.defaultNames : columns)
        default: return nil
        }
    }
}

extension FlowLogFormat {
    /// Why what a user wrote is no format.
    package struct Fault: Error, Hashable, Sendable {
        package enum Part: String, Sendable {
            case format
            case fields
        }

        /// Which of the two settings is at fault.
        package let part: Part
        package let value: String
        /// What is wrong, and how it is mended.
        package let message: String
        package let mend: String
    }

    /// The format of a word and of AWS's fields as users write both; no field at all is the default format.
    ///
    /// `fields` are names, each alone or as `${name}`, or several in one text with blanks or commas between.
    package init(format: String, fields: [String]) throws(Fault) {
        guard let chosen = FlowLogFormat(name: format) else {
            throw Fault(
                part: .format, value: format, message: "\"\(format.prefix(100))\" is no format",
                mend: Suggestion.mend(format, among: Self.names, none: ""))
        }
        let columns = fields.flatMap { $0.split { $0.isWhitespace || $0 == "," } }.map(Self.bareName)
        guard case .aws = chosen else {
            if let first = columns.first {
                throw Fault(
                    part: .fields, value: first, message: "fields are those of format aws, and the format is \(format)",
                    mend: "leave them out, or choose format aws")
            }
            self = chosen
            return
        }
        var seen: Set<String> = []
        for column in columns {
            guard AWSField(rawValue: column) != nil else {
                throw Fault(
                    part: .fields, value: column, message: "\"\(column.prefix(100))\" is no field of AWS's flow logs",
                    mend: Suggestion.mend(column, among: AWSField.allCases.map(\.rawValue), none: ""))
            }
            guard seen.insert(column).inserted else {
                throw Fault(
                    part: .fields, value: column, message: "field \"\(column)\" stands twice", mend: "keep one of them")
            }
        }
        self = columns.isEmpty ? chosen : .aws(columns: columns)
    }

    private static func bareName(_ item: Substring) -> String {
        item.hasPrefix("${") && item.hasSuffix("}") ? String(item.dropFirst(2).dropLast()) : String(item)
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

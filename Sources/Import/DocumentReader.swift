import Archive

/// Reads a file that is one JSON document with many records.
protocol DocumentReader {
    /// Hands over each record and statement of a document: what it became, and the content that tells it from others.
    func read(
        _ document: JSONValue, into batch: inout FlowBatch,
        _ take: (LineOutcome, _ content: [UInt8], inout FlowBatch) throws -> Void
    ) throws
}

extension JSONValue {
    /// The value as JSON without blanks, members in their order: the same for the same content.
    var canonical: [UInt8] {
        switch self {
        case .null: Array("null".utf8)
        case .truth(let truth): Array((truth ? "true" : "false").utf8)
        case .number(let digits): Array(digits)
        case .text(let text): [0x22] + text.flatMap { $0 == 0x22 || $0 == 0x5c ? [0x5c, $0] : [$0] } + [0x22]
        case .list(let elements): [0x5b] + elements.map(\.canonical).joined(separator: [0x2c]) + [0x5d]
        case .object(let members):
            [0x7b]
                + members.map { JSONValue.text($0.key).canonical + [0x3a] + $0.value.canonical }.joined(separator: [
                    0x2c
                ])
                + [0x7d]
        }
    }

    /// What stands behind the last `/` or `:` of a resource's name.
    var lastPart: ArraySlice<UInt8>? {
        guard let bytes else { return nil }
        let part =
            bytes.lastIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }.map { bytes[($0 + 1)...] } ?? bytes
        return part.isEmpty ? nil : part
    }
}

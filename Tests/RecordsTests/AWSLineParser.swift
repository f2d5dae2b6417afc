/// A reader of AWS's text lines after AWS's own grammar, which knows nothing of the writer.
struct AWSLineParser {
    /// Why a line is none.
    struct Fault: Error, CustomStringConvertible {
        let line: Substring
        let words: String
        var description: String { "\(words): \(line)" }
    }

    let columns: [String]

    /// Reads the heading.
    init(heading: Substring) {
        columns = heading.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    }

    /// The tokens of a line by their columns; nil for `-`.
    func parse(_ line: Substring) throws(Fault) -> [String: String] {
        func require(_ condition: Bool, _ words: String) throws(Fault) {
            if !condition { throw Fault(line: line, words: words) }
        }
        try require(line.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "not printable ASCII")
        let tokens = line.split(separator: " ", omittingEmptySubsequences: false)
        try require(tokens.count == columns.count, "\(tokens.count) tokens in place of \(columns.count)")
        try require(tokens.allSatisfy { !$0.isEmpty }, "two blanks")
        var fields: [String: String] = [:]
        for (column, token) in zip(columns, tokens) {
            guard token != "-" else { continue }
            try require(Self.isValid(token, of: column), "\(column) is \(token)")
            fields[column] = String(token)
        }
        let isOK = fields["log-status"] ?? "OK" == "OK"
        if let start = fields["start"].flatMap(Int.init), let end = fields["end"].flatMap(Int.init) {
            try require(end >= start, "ends before it starts")
        }
        if columns.contains("action") { try require((fields["action"] != nil) == isOK, "action against log-status") }
        if !isOK {
            let flow = [
                "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "pkt-srcaddr", "type",
            ]
            try require(flow.allSatisfy { fields[$0] == nil }, "a flow in a line without one")
        }
        return fields
    }

    private static func isValid(_ token: Substring, of column: String) -> Bool {
        switch column {
        case "version": token.count <= 2 && isNumber(token, through: 10)
        case "srcport", "dstport": token.count <= 5 && isNumber(token, through: 65_535)
        case "protocol": token.count <= 3 && isNumber(token, through: 255)
        case "packets", "bytes": token.count <= 20 && isNumber(token, through: .max)
        case "start", "end": token.count <= 11 && isNumber(token, through: .max)
        case "action": ["ACCEPT", "REJECT"].contains(token)
        case "log-status": ["OK", "NODATA", "SKIPDATA"].contains(token)
        case "type": ["IPv4", "IPv6", "EFA"].contains(token)
        case "flow-direction": ["ingress", "egress"].contains(token)
        case "srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr":
            token.allSatisfy { $0.isHexDigit && !$0.isUppercase || $0 == "." || $0 == ":" }
        default: true
        }
    }

    private static func isNumber(_ token: Substring, through limit: UInt64) -> Bool {
        guard token.allSatisfy(\.isNumber), let value = UInt64(token) else { return false }
        return value <= limit
    }
}

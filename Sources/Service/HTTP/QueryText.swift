/// Paths, queries and forms as they are on the wire: percent-encoded UTF-8.
package enum QueryText {
    /// The path's parts without empty ones; nil when they are not UTF-8.
    package static func parts(_ path: String) -> [String]? {
        var parts: [String] = []
        for part in path.split(separator: "/") {
            guard let text = decoded(part) else { return nil }
            parts.append(text)
        }
        return parts
    }

    /// The pairs of a query or of a form; nil when they are not UTF-8.
    package static func pairs(_ query: String) -> [(key: String, value: String)]? {
        var pairs: [(key: String, value: String)] = []
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let key = decoded(parts[0], plusIsSpace: true),
                let value = decoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { return nil }
            pairs.append((key, value))
        }
        return pairs
    }

    private static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else {
                    return nil
                }
                rest.removeFirst(2)
                bytes.append(value)
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

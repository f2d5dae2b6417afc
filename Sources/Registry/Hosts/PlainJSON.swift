import Foundation

/// Reads the lists that interfaces are stored with, of groups and of addresses: most of what is read for a thousand hosts. What
/// they nearly always look like, without an escape in any string, is read without a JSON decoder.
enum PlainJSON {
    static func strings(_ text: String) throws -> [String] {
        var found: [String] = []
        guard forEachString(text, { found.append(copy($0)) }) else {
            return try JSONDecoder().decode([String].self, from: Data(text.utf8))
        }
        return found
    }

    static func fixedAddresses(_ text: String) throws -> [StoredInterface.FixedAddress] {
        var strings: [String] = []
        if forEachString(text, { strings.append(copy($0)) }), let found = fixedAddresses(strings) { return found }
        return try JSONDecoder().decode([StoredInterface.FixedAddress].self, from: Data(text.utf8))
    }

    /// Of names and values in the order in which the registry writes them; nil for another.
    private static func fixedAddresses(_ texts: [String]) -> [StoredInterface.FixedAddress]? {
        var addresses: [StoredInterface.FixedAddress] = []
        var rest = texts[...]
        while let first = rest.popFirst() {
            guard rest.count >= 3, first == "address", rest[rest.startIndex + 1] == "subnetID" else { return nil }
            addresses.append(.init(subnetID: rest[rest.startIndex + 2], address: rest[rest.startIndex]))
            rest = rest.dropFirst(3)
        }
        return addresses
    }

    /// Hands over each string of a JSON text, names of members among them.
    ///
    /// - Returns: false where one has an escape; what was handed over then is not all.
    static func forEachString(_ text: String, _ body: (Span<UInt8>) -> Void) -> Bool {
        let bytes = text.utf8.span
        var start: Int?
        for place in bytes.indices {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\\") { return false }
            guard byte == UInt8(ascii: "\"") else { continue }
            if let begin = start { body(bytes.extracting(begin..<place)) }
            start = start == nil ? place + 1 : nil
        }
        return true
    }

    private static func copy(_ text: Span<UInt8>) -> String {
        guard let valid = try? UTF8Span(validating: text) else { return "" }
        return String(copying: valid)
    }
}

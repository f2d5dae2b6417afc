import Foundation

/// Reads the lists that interfaces are stored with, of groups and of addresses: most of what is read for a thousand hosts. What
/// they nearly always look like, without an escape in any string and without a space, is read without a JSON decoder; that one
/// has the word on everything else.
enum PlainJSON {
    /// What stands between the strings of a list: before the first, before each further one in turn, after the last, and
    /// where there is none.
    struct Shape {
        fileprivate let first: [UInt8]
        fileprivate let further: [[UInt8]]
        fileprivate let last: [UInt8]

        fileprivate static let none = Array("[]".utf8)
        /// `["a","b"]`
        static let strings = Shape(first: Array("[".utf8), further: [Array(",".utf8)], last: Array("]".utf8))
        /// `[{"address":"a","subnetID":"s"}]`
        static let fixedAddresses = Shape(
            first: Array("[{".utf8), further: ["},{", ":", ",", ":"].map { Array($0.utf8) }, last: Array("}]".utf8))

        /// What must stand before the string of this number.
        fileprivate func gap(before place: Int) -> [UInt8] {
            place == 0 ? first : further[place % further.count]
        }

        /// What must stand after so many strings, and nothing behind it; nil where the list cannot end there.
        fileprivate func end(after count: Int) -> [UInt8]? {
            count == 0 ? Self.none : count % further.count == 0 ? last : nil
        }
    }

    static func strings(_ text: String) throws -> [String] {
        var found: [String] = []
        guard forEachString(text, .strings, { found.append(copy($0)) }) else {
            return try JSONDecoder().decode([String].self, from: Data(text.utf8))
        }
        return found
    }

    static func fixedAddresses(_ text: String) throws -> [StoredInterface.FixedAddress] {
        var strings: [String] = []
        if forEachString(text, .fixedAddresses, { strings.append(copy($0)) }), let found = fixedAddresses(strings) {
            return found
        }
        return try JSONDecoder().decode([StoredInterface.FixedAddress].self, from: Data(text.utf8))
    }

    /// Few interfaces have any.
    static func pairs(_ text: String) throws -> [StoredInterface.Pair] {
        try JSONDecoder().decode([StoredInterface.Pair].self, from: Data(text.utf8))
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
    /// - Returns: false where one has an escape, or something else stands between them; what was handed over then is not all.
    static func forEachString(_ text: String, _ shape: Shape, _ body: (Span<UInt8>) -> Void) -> Bool {
        let bytes = text.utf8.span
        var start: Int?
        var gap = 0
        var count = 0
        for place in bytes.indices {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\\") { return false }
            guard byte == UInt8(ascii: "\"") else { continue }
            if let begin = start {
                body(bytes.extracting(begin..<place))
                count += 1
                gap = place + 1
                start = nil
            } else {
                guard isEqual(bytes.extracting(gap..<place), shape.gap(before: count)) else { return false }
                start = place + 1
            }
        }
        guard start == nil, let end = shape.end(after: count) else { return false }
        return isEqual(bytes.extracting(gap..<bytes.count), end)
    }

    private static func isEqual(_ bytes: Span<UInt8>, _ wanted: [UInt8]) -> Bool {
        guard bytes.count == wanted.count else { return false }
        for place in bytes.indices where bytes[place] != wanted[place] { return false }
        return true
    }

    private static func copy(_ text: Span<UInt8>) -> String {
        guard let valid = try? UTF8Span(validating: text) else { return "" }
        return String(copying: valid)
    }
}

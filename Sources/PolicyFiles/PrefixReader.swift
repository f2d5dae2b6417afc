import Documents
import Model

/// A prefix of the file, with the value that it was read from.
struct PlacedPrefix {
    let prefix: IPPrefix
    let value: FileValue
    /// Whose prefix it is, as `subnet "web"`.
    let owner: String
}

/// Reads address blocks.
enum PrefixReader {
    /// Reads `ADDRESS/LENGTH`, or a list of them; what is wrong is reported and left out.
    static func read(_ value: FileValue, owner: String) -> [PlacedPrefix] {
        guard value.isList else {
            return prefix(value).map { [PlacedPrefix(prefix: $0, value: value, owner: owner)] } ?? []
        }
        let elements = value.elements(of: "prefixes")
        if elements.isEmpty { value.report("the list has no prefix", mend: "write at least one, as 10.1.0.0/16") }
        return elements.compactMap { element in
            prefix(element).map { PlacedPrefix(prefix: $0, value: element, owner: owner) }
        }
    }

    private static func prefix(_ value: FileValue) -> IPPrefix? {
        guard let text = value.text("a prefix, as 10.1.0.0/16"), let prefix = parse(text, value) else { return nil }
        guard text.contains("/") else {
            value.report("\"\(text)\" has no length", mend: "write a prefix, as \(prefix)")
            return nil
        }
        return prefix
    }

    /// Reads `ADDRESS/LENGTH`, or an address as its own block; what is wrong is reported.
    static func parse(_ text: String, _ value: FileValue) -> IPPrefix? {
        do {
            return try IPPrefix(parsing: text)
        } catch {
            switch error {
            case .malformed:
                value.report("\"\(text)\" is not a prefix", mend: "write one as 10.1.0.0/16 or fd00:1::/48")
            case .lengthOutOfRange(let maximum):
                value.report("prefix \(text) is too long", mend: "use a length of at most \(maximum)")
            case .hostBitsSet(let network):
                value.report(
                    "prefix \(text) has bits set beyond its first \(network.length)", mend: "write \(network)")
            }
            return nil
        }
    }

    /// Reports every prefix that overlaps another of the list.
    static func reportOverlaps(_ prefixes: [PlacedPrefix], mend: String) {
        // Of two blocks that overlap one holds the other, and so stands before it and all that it holds.
        let ordered = prefixes.enumerated().sorted {
            ($0.element.prefix.base, $0.element.prefix.length, $0.offset)
                < ($1.element.prefix.base, $1.element.prefix.length, $1.offset)
        }
        var open: (offset: Int, element: PlacedPrefix)?
        for candidate in ordered {
            guard let outer = open, outer.element.prefix.contains(candidate.element.prefix) else {
                open = candidate
                continue
            }
            // The later of the two in the file is the one to mend.
            let (first, second) = outer.offset < candidate.offset ? (outer, candidate) : (candidate, outer)
            let (earlier, later) = (first.element, second.element)
            later.value.report(
                "\(later.prefix) of \(later.owner) overlaps \(earlier.prefix) of \(earlier.owner)", mend: mend)
        }
    }
}

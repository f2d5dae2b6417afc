/// The few things that are read from S3's answers: texts of elements, by name. Namespaces and attributes are skipped.
struct XMLText {
    private let text: Substring.UTF8View

    init(_ text: String) { self.text = text[...].utf8 }

    private init(_ text: Substring.UTF8View) { self.text = text }

    /// What lies in each element of this name, in order; elements of one name do not nest here.
    func elements(_ name: String) -> [XMLText] {
        var found: [XMLText] = []
        var rest = text
        while let start = Self.find("<\(name)", in: rest) {
            var after = rest[start...].dropFirst(name.utf8.count + 1)
            guard let next = after.first else { break }
            guard let close = after.firstIndex(of: UInt8(ascii: ">")) else { break }
            rest = after[after.index(after: close)...]
            // A longer name that begins with this one, or an element without content.
            guard [UInt8(ascii: ">"), UInt8(ascii: " ")].contains(next), after[..<close].last != UInt8(ascii: "/")
            else {
                continue
            }
            after = rest
            guard let end = Self.find("</\(name)>", in: after) else { break }
            found.append(XMLText(after[..<end]))
            rest = after[end...]
        }
        return found
    }

    /// The text of the first element of this name.
    func text(of name: String) -> String? { elements(name).first?.unescaped }

    private static func find(_ word: String, in text: Substring.UTF8View) -> Substring.UTF8View.Index? {
        let word = Array(word.utf8)
        var rest = text
        while let start = rest.firstIndex(of: word[0]) {
            rest = rest[start...]
            if rest.starts(with: word) { return start }
            rest = rest.dropFirst()
        }
        return nil
    }

    private var unescaped: String {
        var plain = ""
        var rest = Substring(text)
        while let ampersand = rest.firstIndex(of: "&") {
            plain += rest[..<ampersand]
            rest = rest[ampersand...]
            guard let end = rest.firstIndex(of: ";") else { break }
            let name = rest[rest.index(after: rest.startIndex)..<end]
            plain += Self.character(name) ?? String(rest[...end])
            rest = rest[rest.index(after: end)...]
        }
        return plain + rest
    }

    private static func character(_ name: Substring) -> String? {
        switch name {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        default:
            guard name.hasPrefix("#") else { return nil }
            let digits = name.dropFirst()
            let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return number.flatMap(Unicode.Scalar.init).map { String($0) }
        }
    }
}

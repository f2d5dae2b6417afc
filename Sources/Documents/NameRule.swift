/// What names of things may look like.
package enum NameRule {
    private static let maximumLength = 63

    /// The name in a value. A badly made name is reported and still given, so that references to it don't fail too.
    package static func read(_ value: FileValue, of kind: String) -> String? {
        guard let name = value.text("the \(kind)'s name") else { return nil }
        let mend = "use 1-\(maximumLength) letters, digits, \"_\", \".\" and \"-\", the first not \".\" or \"-\""
        if name.utf8.count > maximumLength {
            value.report("\(kind) name \"\(name.prefix(20))…\" has \(name.utf8.count) characters", mend: mend)
        } else if let character = name.first(where: { !isAllowed($0) }) {
            value.report("\(kind) name \"\(name)\" contains \"\(character)\"", mend: mend)
        } else if let first = name.utf8.first, [UInt8(ascii: "."), UInt8(ascii: "-")].contains(first) {
            value.report("\(kind) name \"\(name)\" begins with \"\(name.prefix(1))\"", mend: mend)
        }
        return name
    }

    /// The name of a region or zone, as the VPC API has them.
    package static func readPlace(_ value: FileValue, of kind: String) -> String? {
        guard let name = value.text("the \(kind)'s name") else { return nil }
        let isName = name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isName, name.utf8.count <= maximumLength else {
            value.report(
                "\"\(name.prefix(80))\" is no \(kind)'s name", mend: "use 1-\(maximumLength) of a-z, 0-9 and \"-\"")
            return nil
        }
        return name
    }

    private static func isAllowed(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        return (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
            || [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte)
    }
}

/// The names of one kind in one place, to tell a second use.
package struct NameRegister {
    private let kind: String
    private var lines: [String: Int] = [:]
    package private(set) var names: [String] = []

    package init(kind: String) { self.kind = kind }

    package func contains(_ name: String) -> Bool { lines[name] != nil }

    /// Reads and registers the name of a mapping; empty, with a report, when it has none.
    package mutating func read(_ fields: FileFields) -> String {
        guard let value = fields.required("name", "NAME"), let name = NameRule.read(value, of: kind) else { return "" }
        add(name, value)
        return name
    }

    private mutating func add(_ name: String, _ value: FileValue) {
        if let line = lines[name] {
            value.report("\(kind) \"\(name)\" is defined twice, first at line \(line)", mend: "rename one of them")
        } else {
            lines[name] = value.line
            names.append(name)
        }
    }
}

/// What must hold of a record: questions joined by and, or, not.
///
/// A question about what the record does not have is answered no, so that its negation is a yes: `not filter` holds where the
/// filter asks for what is not there.
indirect enum SigmaCondition: Hashable, Sendable {
    case test(SigmaTest)
    case all([SigmaCondition])
    case any([SigmaCondition])
    case not(SigmaCondition)

    static func joined(_ conditions: [SigmaCondition], isAll: Bool) -> SigmaCondition {
        conditions.count == 1 ? conditions[0] : isAll ? .all(conditions) : .any(conditions)
    }
}

/// Reads conditions: names of searches, `1 of NAME*`, `all of them`, and, or, not, parentheses.
struct SigmaConditionParser {
    struct Fault: Error {
        let message: String
        let mend: String
    }

    private var words: [String] = []
    private var place = 0
    private let searches: [(name: String, condition: SigmaCondition)]

    /// The condition that a text says of named searches.
    static func parse(
        _ text: String, _ searches: [(name: String, condition: SigmaCondition)]
    ) throws(Fault) -> SigmaCondition {
        var parser = SigmaConditionParser(text, searches)
        guard !parser.words.isEmpty else { throw Fault(message: "the condition is empty", mend: "name a search") }
        guard !parser.words.contains("|") else {
            throw Fault(message: "\"|\" in a condition is obsolete", mend: "write a correlation in its place")
        }
        let condition = try parser.either(depth: 0)
        guard parser.place == parser.words.count else {
            throw Fault(
                message: "\"\(parser.words[parser.place])\" is not expected here", mend: "join searches with and, or")
        }
        return condition
    }

    private init(_ text: String, _ searches: [(name: String, condition: SigmaCondition)]) {
        self.searches = searches
        var open = ""
        func close(_ words: inout [String]) {
            if !open.isEmpty { words.append(open) }
            open = ""
        }
        for character in text {
            if character.isWhitespace {
                close(&words)
            } else if character == "(" || character == ")" || character == "|" {
                close(&words)
                words.append(String(character))
            } else {
                open.append(character)
            }
        }
        close(&words)
    }

    private var next: String? { place < words.count ? words[place] : nil }

    private mutating func take(_ word: String) -> Bool {
        guard next?.lowercased() == word else { return false }
        place += 1
        return true
    }

    private mutating func either(depth: Int) throws(Fault) -> SigmaCondition {
        guard depth < 64 else {
            throw Fault(message: "more than 64 parentheses within each other", mend: "write fewer")
        }
        var parts = [try both(depth: depth)]
        while take("or") { parts.append(try both(depth: depth)) }
        return .joined(parts, isAll: false)
    }

    private mutating func both(depth: Int) throws(Fault) -> SigmaCondition {
        var parts = [try one(depth: depth)]
        while take("and") { parts.append(try one(depth: depth)) }
        return .joined(parts, isAll: true)
    }

    private mutating func one(depth: Int) throws(Fault) -> SigmaCondition {
        if take("not") {
            guard depth < 64 else { throw Fault(message: "more than 64 nots within each other", mend: "write fewer") }
            return .not(try one(depth: depth + 1))
        }
        if take("(") {
            let inner = try either(depth: depth + 1)
            guard take(")") else { throw Fault(message: "a parenthesis is not closed", mend: "write )") }
            return inner
        }
        guard let word = next else { throw Fault(message: "the condition ends too early", mend: "name a search") }
        place += 1
        if ["1", "any", "all"].contains(word.lowercased()), take("of") {
            guard let pattern = next else {
                throw Fault(message: "\"of\" has nothing behind it", mend: "write them, or NAME*")
            }
            place += 1
            return try several(pattern, isAll: word.lowercased() == "all")
        }
        guard let search = searches.first(where: { $0.name == word }) else { throw unknown(word) }
        return search.condition
    }

    private func several(_ pattern: String, isAll: Bool) throws(Fault) -> SigmaCondition {
        let isThem = pattern.lowercased() == "them"
        let fitting = SigmaPattern(pattern)
        let found = searches.filter {
            isThem ? !$0.name.hasPrefix("_") : fitting.fits(Array($0.name.unicodeScalars))
        }
        guard !found.isEmpty else { throw unknown(pattern) }
        return .joined(found.map(\.condition), isAll: isAll)
    }

    private func unknown(_ word: String) -> Fault {
        let names = searches.map(\.name)
        return Fault(
            message: "there is no search \"\(word)\"",
            mend: names.isEmpty ? "write one" : "the searches are \(names.prefix(8).joined(separator: ", "))")
    }
}

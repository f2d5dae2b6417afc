/// A value of a rule: text in which `*` stands for any characters and `?` for one.
///
/// A backslash before `*`, `?` or a backslash makes it the character itself; before anything else it is one.
struct SigmaPattern: Hashable, Sendable {
    enum Token: Hashable, Sendable {
        case text([Unicode.Scalar])
        case any
        case one
    }

    private(set) var tokens: [Token] = []

    init(_ text: String) {
        var open: [Unicode.Scalar] = []
        var scalars = Array(text.unicodeScalars)[...]
        func close() {
            if !open.isEmpty { tokens.append(.text(open)) }
            open = []
        }
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\\" where scalars.first == "*" || scalars.first == "?" || scalars.first == "\\":
                if let next = scalars.popFirst() { open.append(next) }
            case "*":
                close()
                if tokens.last != .any { tokens.append(.any) }
            case "?":
                close()
                tokens.append(.one)
            default: open.append(scalar)
            }
        }
        close()
    }

    /// Text without any meaning of its characters.
    init(literal: String) { tokens = literal.isEmpty ? [] : [.text(Array(literal.unicodeScalars))] }

    /// The same between what may be anything.
    func open(before: Bool, after: Bool) -> SigmaPattern {
        var pattern = self
        if before, tokens.first != .any { pattern.tokens.insert(.any, at: 0) }
        if after, pattern.tokens.last != .any { pattern.tokens.append(.any) }
        return pattern
    }

    /// The text where no character stands for another.
    var literal: String? {
        switch tokens.count {
        case 0: return ""
        case 1:
            guard case .text(let scalars) = tokens[0] else { return nil }
            return String(String.UnicodeScalarView(scalars))
        default: return nil
        }
    }

    var lowercased: SigmaPattern {
        var pattern = self
        pattern.tokens = tokens.map { token in
            guard case .text(let scalars) = token else { return token }
            return .text(Array(String(String.UnicodeScalarView(scalars)).lowercased().unicodeScalars))
        }
        return pattern
    }

    /// Changes the text between the characters that stand for others.
    func mapText(_ change: (String) -> String) -> SigmaPattern {
        var pattern = self
        pattern.tokens = tokens.map { token in
            guard case .text(let scalars) = token else { return token }
            return .text(Array(change(String(String.UnicodeScalarView(scalars))).unicodeScalars))
        }
        return pattern
    }

    /// Whether a text fits as a whole, in a time that grows with the product of both lengths at most.
    func fits(_ text: [Unicode.Scalar]) -> Bool {
        // One entry a character of the pattern; the last `*` is where to go back to.
        var flat: [Token] = []
        for token in tokens {
            if case .text(let scalars) = token { flat += scalars.map { .text([$0]) } } else { flat.append(token) }
        }
        var (place, at) = (0, 0)
        var back: (place: Int, at: Int)?
        while at < text.count {
            if place < flat.count {
                switch flat[place] {
                case .any:
                    back = (place + 1, at)
                    place += 1
                    continue
                case .one:
                    (place, at) = (place + 1, at + 1)
                    continue
                case .text(let scalar) where scalar.first == text[at]:
                    (place, at) = (place + 1, at + 1)
                    continue
                case .text: break
                }
            }
            guard let last = back else { return false }
            back = (last.place, last.at + 1)
            (place, at) = (last.place, last.at + 1)
        }
        return flat[place...].allSatisfy { $0 == .any }
    }
}

/// Takes a filter's text apart.
struct Lexer {
    struct Token: Hashable {
        enum Kind: Hashable {
            case word(String)
            case quoted(String)
            case relation(FilterExpression.Relation)
            case open
            case close
            case comma
            case dots
            case end
        }

        let kind: Kind
        /// Characters before it.
        let position: Int
    }

    /// A longer filter is refused.
    static let longest = 64 << 10

    private let text: String
    private let characters: [Character]
    private var index = 0

    init(_ text: String) {
        self.text = text
        characters = Array(text)
    }

    static func tokens(_ text: String) throws(FilterError) -> [Token] {
        guard text.utf8.count <= longest else {
            throw FilterError(filter: String(text.prefix(60)) + "…", position: 0, reason: "a filter has at most 64 KiB")
        }
        var lexer = Lexer(text)
        var tokens: [Token] = []
        repeat { tokens.append(try lexer.next()) } while tokens.last?.kind != .end
        return tokens
    }

    private func peek(_ offset: Int = 0) -> Character? {
        index + offset < characters.count ? characters[index + offset] : nil
    }

    private mutating func next() throws(FilterError) -> Token {
        while let character = peek(), character.isWhitespace { index += 1 }
        let position = index
        guard let character = peek() else { return Token(kind: .end, position: position) }
        func token(_ kind: Token.Kind, _ length: Int) -> Token {
            index += length
            return Token(kind: kind, position: position)
        }
        switch character {
        case "(": return token(.open, 1)
        case ")": return token(.close, 1)
        case ",": return token(.comma, 1)
        case "=": return token(.relation(.equal), peek(1) == "=" ? 2 : 1)
        case "!" where peek(1) == "=": return token(.relation(.notEqual), 2)
        case "<": return peek(1) == "=" ? token(.relation(.lessOrEqual), 2) : token(.relation(.less), 1)
        case ">": return peek(1) == "=" ? token(.relation(.greaterOrEqual), 2) : token(.relation(.greater), 1)
        case "." where peek(1) == ".": return token(.dots, 2)
        case "\"": return Token(kind: .quoted(try quoted()), position: position)
        case "!": throw FilterError(filter: text, position: position, reason: "write != or not")
        default: return Token(kind: .word(word()), position: position)
        }
    }

    /// A word goes on to a blank or to what means something else; two dots end it, one is its own.
    private mutating func word() -> String {
        var word = ""
        while let character = peek(), !character.isWhitespace, !"()=<>!,\"".contains(character) {
            if character == ".", peek(1) == "." { break }
            word.append(character)
            index += 1
        }
        return word
    }

    private mutating func quoted() throws(FilterError) -> String {
        let start = index
        index += 1
        var content = ""
        while let character = peek() {
            index += 1
            switch character {
            case "\"": return content
            case "\\":
                guard let escaped = peek(), escaped == "\"" || escaped == "\\" else {
                    throw FilterError(
                        filter: text, position: index - 1, reason: "after a backslash stands \" or a backslash")
                }
                content.append(escaped)
                index += 1
            default: content.append(character)
            }
        }
        throw FilterError(filter: text, position: start, reason: "the text has no closing \"")
    }
}

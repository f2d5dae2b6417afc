package import Model
import Records

/// What the words of a filter depend on beside themselves.
package struct FilterContext: Sendable {
    package let now: Timestamp
    /// Seconds that local time is ahead of UTC.
    package let offset: Int

    package init(now: Timestamp, offset: Int = 0) { (self.now, self.offset) = (now, offset) }
}

/// Reads a filter:
///
///     expression = conjunction *( "or" conjunction )
///     conjunction = negation *( "and" negation )
///     negation   = "not" negation / "(" expression ")" / comparison
///     comparison = FIELD "exists" / FIELD relation operand / FIELD [ "not" ] "in" ( "(" item *( "," item ) ")" / item )
///     operand    = FIELD / item
///     item       = value [ ".." value ]
struct FilterParser {
    private let text: String
    private let tokens: [Lexer.Token]
    private let context: FilterContext
    private var index = 0
    private var depth = 0
    private static let deepest = 100

    init(_ text: String, _ context: FilterContext) throws(FilterError) {
        self.text = text
        self.context = context
        tokens = try Lexer.tokens(text)
    }

    mutating func parse() throws(FilterError) -> FilterExpression {
        let expression = try disjunction()
        guard token.kind == .end else { throw wrong("\"and\", \"or\" or the end is wanted here") }
        return expression
    }

    private var token: Lexer.Token { tokens[index] }

    private func wrong(_ reason: String, at position: Int? = nil) -> FilterError {
        FilterError(filter: text, position: position ?? token.position, reason: reason)
    }

    private mutating func skip(_ word: String) -> Bool {
        guard case .word(let found) = token.kind, found.lowercased() == word else { return false }
        index += 1
        return true
    }

    private mutating func skip(_ kind: Lexer.Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        index += 1
        return true
    }

    private mutating func disjunction() throws(FilterError) -> FilterExpression {
        var parts = [try conjunction()]
        while skip("or") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(FilterError) -> FilterExpression {
        var parts = [try negation()]
        while skip("and") { parts.append(try negation()) }
        return .all(parts)
    }

    private mutating func negation() throws(FilterError) -> FilterExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth < Self.deepest else { throw wrong("parentheses and \"not\" are nested too deep") }
        if skip("not") { return .not(try negation()) }
        if skip(.open) {
            let inner = try disjunction()
            guard skip(.close) else { throw wrong("a closing parenthesis is wanted here") }
            return inner
        }
        return try comparison()
    }

    private mutating func comparison() throws(FilterError) -> FilterExpression {
        guard case .word(let word) = token.kind else { throw wrong("a field is wanted here, such as src or port") }
        guard let field = FilterField(name: word) else {
            let mend = Suggestion.nearest(to: word, among: FilterField.names).map { "; did you mean \($0)?" } ?? ""
            throw wrong("there is no field \"\(word)\"\(mend)")
        }
        index += 1
        if skip("exists") { return .exists(field) }
        let isNegated = skip("not")
        if skip("in") { return .among(field, try list(field), isNegated: isNegated) }
        guard !isNegated else { throw wrong("\"in\" is wanted after \"not\"") }
        guard case .relation(let relation) = token.kind else {
            throw wrong("=, !=, <, <=, >, >=, in, not in or exists is wanted here")
        }
        index += 1
        return .compare(field, relation, try operand(field, relation))
    }

    private mutating func list(_ field: FilterField) throws(FilterError) -> [FilterExpression.Item] {
        guard skip(.open) else { return [try item(field)] }
        var items = [try item(field)]
        while skip(.comma) { items.append(try item(field)) }
        guard skip(.close) else { throw wrong("a comma or a closing parenthesis is wanted here") }
        return items
    }

    private mutating func operand(
        _ field: FilterField, _ relation: FilterExpression.Relation
    ) throws(FilterError) -> FilterExpression.Operand {
        if case .word(let word) = token.kind, let other = FilterField(name: word), tokens[index + 1].kind != .dots {
            guard field.isComparable(to: other) else {
                throw wrong(
                    "\(field.name) and \(other.name) cannot be compared; write \"\(word)\" where a text is meant")
            }
            index += 1
            return .field(other)
        }
        let position = token.position
        let item = try item(field)
        switch (item, relation) {
        case (.value(.name), .less), (.value(.name), .lessOrEqual), (.value(.name), .greater),
            (.value(.name), .greaterOrEqual):
            throw wrong("an address is wanted here", at: position)
        case (.value, _), (_, .equal), (_, .notEqual): return .item(item)
        case (.range, _), (.network, _), (.beginning, _):
            throw wrong(
                "one value is wanted here; ranges, networks and beginnings are compared by =, != and in", at: position)
        }
    }

    private mutating func item(_ field: FilterField) throws(FilterError) -> FilterExpression.Item {
        let position = token.position
        let reader = ValueReader(field: field, context: context)
        let first = try value(reader)
        guard skip(.dots) else { return first }
        let second = try value(reader)
        guard case .value(let low) = first, case .value(let high) = second, let range = reader.range(low, high) else {
            throw wrong("a range goes from one value to another one that is not before it", at: position)
        }
        return range
    }

    private mutating func value(_ reader: ValueReader) throws(FilterError) -> FilterExpression.Item {
        let position = token.position
        do throws(ValueReader.Refusal) {
            switch token.kind {
            case .word(let word):
                let item = try reader.read(word)
                index += 1
                return item
            case .quoted(let text):
                let item = try reader.read(quoted: text)
                index += 1
                return item
            case .relation, .open, .close, .comma, .dots, .end: throw ValueReader.Refusal("a value is wanted here")
            }
        } catch {
            throw wrong(error.reason, at: position)
        }
    }
}

extension FilterField {
    /// Whether values of both are of one kind.
    func isComparable(to other: FilterField) -> Bool {
        switch (kind, other.kind) {
        case (.number, .number), (.instant, .instant), (.address, .address), (.text, .text), (.word, .word),
            (.text, .word), (.word, .text):
            true
        case (.number, _), (.instant, _), (.address, _), (.text, _), (.word, _): false
        }
    }
}

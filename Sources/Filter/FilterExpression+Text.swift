import Model
import Records

extension FilterExpression {
    /// Reads one expression.
    package init(parsing text: String, _ context: FilterContext) throws(FilterError) {
        var parser = try FilterParser(text, context)
        self = try parser.parse()
    }

    /// Reads the arguments of a command: each is an expression, and all must hold.
    ///
    /// Where some are none, all of them are one expression with blanks between, or else those that stand beside each other.
    package init(arguments: [String], _ context: FilterContext) throws(FilterError) {
        var parts: [FilterExpression?] = []
        for argument in arguments { parts.append(Self.alone(argument, context)) }
        if parts.allSatisfy({ $0 != nil }) {
            self = .all(parts.compactMap(\.self))
            return
        }
        let joined = arguments.joined(separator: " ")
        let failure: FilterError
        do {
            self = try FilterExpression(parsing: joined, context)
            return
        } catch {
            failure = error
        }
        var all: [FilterExpression] = []
        var pending: [String] = []
        for (argument, part) in zip(arguments, parts) {
            guard let part else {
                pending.append(argument)
                continue
            }
            if !pending.isEmpty { all.append(try Self.together(pending, context, failure, arguments.count)) }
            pending = []
            all.append(part)
        }
        if !pending.isEmpty { all.append(try Self.together(pending, context, failure, arguments.count)) }
        self = .all(all)
    }

    /// One of several arguments that are joined; its error tells of it alone where it is not all of them.
    private static func together(
        _ arguments: [String], _ context: FilterContext, _ failure: FilterError, _ count: Int
    ) throws(FilterError) -> FilterExpression {
        do {
            return try FilterExpression(parsing: arguments.joined(separator: " "), context)
        } catch {
            throw arguments.count == count || arguments.count > 1 ? failure : error
        }
    }

    private static func alone(_ argument: String, _ context: FilterContext) -> FilterExpression? {
        if let expression = try? FilterExpression(parsing: argument, context) { return expression }
        // `interface=web 1`: what follows the = of the short form is a value with its blanks.
        guard let equals = argument.firstIndex(of: "="), ["interface", "group"].contains(argument[..<equals]) else {
            return nil
        }
        let value = argument[argument.index(after: equals)...]
        let words = value.split(separator: " ")
        guard words.count > 1, !value.contains(where: { "()=<>!,\"".contains($0) }),
            !words.contains(where: { ["and", "or", "not", "in", "exists"].contains($0.lowercased()) }),
            let field = FilterField(name: String(argument[..<equals]))
        else { return nil }
        return .compare(field, .equal, .item(.value(.text(String(value)))))
    }
}

extension FilterExpression: CustomStringConvertible {
    /// The expression as it is written; reading that gives the same again.
    package var description: String {
        switch self {
        case .compare(let field, let relation, .field(let other)): "\(field.name) \(relation.rawValue) \(other.name)"
        case .compare(let field, let relation, .item(let item)): "\(field.name) \(relation.rawValue) \(item)"
        case .among(let field, let items, let isNegated):
            "\(field.name) \(isNegated ? "not in" : "in") (\(items.map(\.description).joined(separator: ", ")))"
        case .exists(let field): "\(field.name) exists"
        case .not(let inner): "not \(inner.grouped)"
        case .and(let parts): parts.map(\.grouped).joined(separator: " and ")
        case .or(let parts): parts.map(\.grouped).joined(separator: " or ")
        }
    }

    private var grouped: String {
        switch self {
        case .compare, .among, .exists, .not: description
        case .and, .or: "(\(description))"
        }
    }
}

extension FilterExpression.Item: CustomStringConvertible {
    package var description: String {
        switch self {
        case .value(let value): value.description
        case .range(let low, let high): "\(low)..\(high)"
        case .network(let prefix): prefix.description
        case .beginning(let text): text + "*"
        }
    }
}

extension FilterExpression.Value: CustomStringConvertible {
    package var description: String {
        switch self {
        case .number(let number): String(number)
        case .instant(let microseconds):
            Timestamp(nanoseconds: microseconds.multipliedReportingOverflow(by: 1000).partialValue).description
        case .address(let address): address.description
        case .text(let text), .name(let text): Self.quoted(text)
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}

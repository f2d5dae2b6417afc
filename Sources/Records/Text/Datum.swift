package import Model

/// A value with a name that programs rely on: never renamed, whatever the tables show.
package struct Field {
    package let key: String
    package let value: Datum

    package init(_ key: String, _ value: Datum) {
        self.key = key
        self.value = value
    }
}

/// A value of a listing, as data formats tell it.
package enum Datum {
    case absent
    case text(String)
    /// A number or truth value, as JSON writes it.
    case bare(String)
    case list([Datum])
    case object([Field])

    package static func text(_ text: String?) -> Datum { text.map { .text($0) } ?? .absent }
    package static func number(_ number: some BinaryInteger) -> Datum { .bare(String(number)) }
    package static func number(_ number: (some BinaryInteger)?) -> Datum { number.map { .bare(String($0)) } ?? .absent }
    package static func truth(_ truth: Bool) -> Datum { .bare(truth ? "true" : "false") }
    package static func texts(_ texts: [String]) -> Datum { .list(texts.map { .text($0) }) }
    /// RFC 3339 in UTC.
    package static func instant(_ instant: Timestamp?) -> Datum { .text(instant?.description) }

    package var isAbsent: Bool {
        if case .absent = self { return true }
        return false
    }

    package init(_ cell: FlowCell) {
        switch cell {
        case .absent: self = .absent
        case .text(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .instant(let instant): self = .instant(instant)
        case .address(let address): self = .text(address.description)
        case .id(let high, let low): self = .text(Identifier<FlowRecord>(high: high, low: low).description)
        }
    }
}

extension ByteLine {
    /// Writes a value as JSON; absent members of objects are left out.
    package mutating func append(json datum: Datum) {
        switch datum {
        case .absent: append("null")
        case .text(let text): append(jsonString: text)
        case .bare(let text): append(text)
        case .list(let values):
            append("[")
            for (index, value) in values.enumerated() {
                if index > 0 { append(",") }
                append(json: value)
            }
            append("]")
        case .object(let fields): append(jsonObject: fields)
        }
    }

    package mutating func append(jsonObject fields: [Field]) {
        append("{")
        for (index, field) in fields.filter({ !$0.value.isAbsent }).enumerated() {
            if index > 0 { append(",") }
            append(jsonString: field.key)
            append(":")
            append(json: field.value)
        }
        append("}")
    }

    /// Writes the fields as one item of a YAML sequence, or as a mapping of its own.
    ///
    /// Values are JSON, which YAML reads as it stands: no text turns into a number or a truth value.
    package mutating func append(yaml fields: [Field], isItem: Bool) {
        var lead = isItem ? "- " : ""
        for field in fields where !field.value.isAbsent {
            append(lead + field.key + ": ")
            append(json: field.value)
            append("\n")
            lead = isItem ? "  " : ""
        }
    }

    /// Writes the values as one row; what is nested is a field of JSON.
    package mutating func append(csv values: [Datum]) {
        for (index, value) in values.enumerated() {
            if index > 0 { append(",") }
            switch value {
            case .absent: break
            case .text(let text), .bare(let text): append(csvField: text)
            case .list, .object:
                var nested = ByteLine(capacity: 64)
                nested.append(json: value)
                append(csvField: nested.text)
            }
        }
        append("\r\n")
    }
}

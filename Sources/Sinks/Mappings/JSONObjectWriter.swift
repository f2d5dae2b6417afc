import Model
import Records

/// Members and objects of JSON, written one behind the other; commas are its own work.
struct JSONObjectWriter {
    private var isFirst = true

    mutating func begin(_ key: StaticString, _ line: inout ByteLine) {
        if !isFirst { line.append(UInt8(ascii: ",")) }
        isFirst = false
        line.append(UInt8(ascii: "\""))
        line.append(key.description)
        line.append("\":")
    }

    mutating func word(_ key: StaticString, _ word: StaticString, _ line: inout ByteLine) {
        begin(key, &line)
        line.append(UInt8(ascii: "\""))
        line.append(word.description)
        line.append(UInt8(ascii: "\""))
    }

    mutating func number(_ key: StaticString, _ number: Int, _ line: inout ByteLine) {
        begin(key, &line)
        line.append(decimal: number)
    }

    /// A member of the record as a text; nothing where it has none.
    mutating func text(_ key: StaticString, _ record: RecordFields, _ member: RecordKey, _ line: inout ByteLine) {
        guard let value = record.json(member) else { return }
        begin(key, &line)
        line.append(UInt8(ascii: "\""))
        line.append(value)
        line.append(UInt8(ascii: "\""))
    }

    /// A member of the record that is a number; nothing where it has none.
    mutating func digits(_ key: StaticString, _ record: RecordFields, _ member: RecordKey, _ line: inout ByteLine) {
        guard record.number(member) != nil, let value = record.json(member) else { return }
        begin(key, &line)
        line.append(value)
    }

    mutating func id(_ key: StaticString, _ record: RecordFields, _ line: inout ByteLine) {
        begin(key, &line)
        line.append(UInt8(ascii: "\""))
        record.appendID(to: &line)
        line.append(UInt8(ascii: "\""))
    }

    mutating func string(_ key: StaticString, _ text: String, _ line: inout ByteLine) {
        begin(key, &line)
        line.append(jsonString: text)
    }

    mutating func object(
        _ key: StaticString, _ line: inout ByteLine, _ body: (inout JSONObjectWriter, inout ByteLine) -> Void
    ) {
        begin(key, &line)
        Self.object(&line, body)
    }

    static func object(_ line: inout ByteLine, _ body: (inout JSONObjectWriter, inout ByteLine) -> Void) {
        var members = JSONObjectWriter()
        line.append(UInt8(ascii: "{"))
        body(&members, &line)
        line.append(UInt8(ascii: "}"))
    }
}

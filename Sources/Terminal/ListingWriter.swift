package import Records

/// Writes rows as they come, in one of the formats; nothing but a table's first thousand rows is kept.
package struct ListingWriter<Content: Listing> {
    /// Who encodes the rows; may be replaced by one that knows newer names.
    package var content: Content
    private let format: OutputFormat
    private let write: ([UInt8]) -> Void
    private let tell: (String) -> Void
    private var table: TableWriter
    private var line = ByteLine(capacity: 1 << 16)
    private var hasBegun = false

    /// - Parameters:
    ///   - content: Who encodes the rows.
    ///   - format: How they are written.
    ///   - grows: Whether rows are shown while more of them come.
    ///   - hasColour: Whether a table is coloured.
    ///   - write: Takes the answer's bytes.
    ///   - tell: Takes what CSV has no place for.
    package init(
        _ content: Content, _ format: OutputFormat, grows: Bool = false, hasColour: Bool = Console.hasColour,
        write: @escaping ([UInt8]) -> Void = Console.write, tell: @escaping (String) -> Void = Console.tell
    ) {
        self.content = content
        self.format = format
        self.write = write
        self.tell = tell
        table = TableWriter(content.columns, hasColour: hasColour, grows: grows)
    }

    package mutating func add(_ row: Content.Row) {
        begin()
        switch format {
        case .table:
            if let note = content.note(row) { table.add(note: note) } else { table.add(content.cells(row)) }
            if table.waitingCount >= 1000 { flush() }
        case .json:
            line.append(hasBegun ? ",\n" : "")
            content.appendJSON(row, to: &line)
        case .jsonl:
            content.appendJSON(row, to: &line)
            line.append("\n")
        case .csv: if let note = content.note(row) { tell(note) } else { content.appendCSV(row, to: &line) }
        case .yaml: line.append(yaml: content.fields(row), isItem: true)
        }
        hasBegun = true
        if line.count >= 1 << 16 { flush() }
    }

    /// Hands over what was added so far.
    package mutating func flush() {
        if format == .table { for text in table.lines() { line.append(text + "\n") } }
        guard !line.isEmpty else { return }
        write(line.bytes)
        line.removeAll()
    }

    /// Ends the listing; without a row it is an empty one.
    package mutating func finish() {
        begin()
        if format == .json { line.append("]\n") }
        if format == .yaml, !hasBegun { line.append("[]\n") }
        hasBegun = true
        flush()
    }

    private mutating func begin() {
        guard !hasBegun, !isOpen else { return }
        isOpen = true
        if format == .json { line.append("[") }
        if format == .csv { content.appendCSVHeading(to: &line) }
    }

    private var isOpen = false
}

/// Writes one thing: its fields under each other, or as one object.
package enum ObjectWriter {
    package static func write(
        _ fields: [Field], _ format: OutputFormat, _ write: ([UInt8]) -> Void = Console.write
    ) {
        var line = ByteLine()
        switch format {
        case .json, .jsonl:
            line.append(jsonObject: fields)
            line.append("\n")
        case .yaml: line.append(yaml: fields, isItem: false)
        case .csv:
            line.append(csv: fields.map { .text($0.key) })
            line.append(csv: fields.map(\.value))
        case .table:
            let width = fields.map(\.key.count).max() ?? 0
            for field in fields where !field.value.isAbsent {
                line.append(
                    field.key.replacing("_", with: " ") + String(repeating: " ", count: width - field.key.count))
                line.append("  ")
                line.append(text: field.value)
                line.append("\n")
            }
        }
        write(line.bytes)
    }
}

extension ByteLine {
    /// Writes a value for people.
    fileprivate mutating func append(text datum: Datum) {
        switch datum {
        case .absent: break
        case .bare("true"): append("yes")
        case .bare("false"): append("no")
        case .text(let text), .bare(let text): append(text)
        case .list(let values):
            if values.isEmpty { append("none") }
            for (index, value) in values.enumerated() {
                if index > 0 { append(", ") }
                append(text: value)
            }
        case .object: append(json: datum)
        }
    }
}

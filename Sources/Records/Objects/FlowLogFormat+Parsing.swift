package import Model

extension FlowLogFormat {
    /// Why what a user wrote is no format.
    package struct Fault: Error, Hashable, Sendable {
        package enum Part: String, Sendable {
            case format
            case fields
        }

        /// Which of the two settings is at fault.
        package let part: Part
        package let value: String
        /// What is wrong, and how it is mended.
        package let message: String
        package let mend: String
    }

    /// The format of a word and of its fields as users write both; no field at all is the usual ones.
    ///
    /// `fields` are names, each alone or as `${name}`, or several in one text with blanks or commas between.
    package init(format: String, fields: [String], among formats: ObjectFormats = .standard) throws(Fault) {
        guard let chosen = formats[FlowLogFormat(name: format)] else {
            throw Fault(
                part: .format, value: format, message: "\"\(format.prefix(100))\" is no format",
                mend: Suggestion.mend(format, among: formats.names, none: ""))
        }
        let columns = fields.flatMap { $0.split { $0.isWhitespace || $0 == "," } }.map(Self.bareName)
        guard let choice = chosen.columns else {
            if let first = columns.first {
                let others = formats.all.filter { $0.columns != nil }.map(\.name).joined(separator: ", ")
                throw Fault(
                    part: .fields, value: first,
                    message: "fields are those of format \(others), and the format is \(format)",
                    mend: "leave them out, or choose format \(others)")
            }
            self.init(name: format)
            return
        }
        var seen: Set<String> = []
        for column in columns {
            guard choice.known.contains(column) else {
                throw Fault(
                    part: .fields, value: column,
                    message: "\"\(column.prefix(100))\" is no field of \(choice.origin) flow logs",
                    mend: Suggestion.mend(column, among: choice.known, none: ""))
            }
            guard seen.insert(column).inserted else {
                throw Fault(
                    part: .fields, value: column, message: "field \"\(column)\" stands twice", mend: "keep one of them")
            }
        }
        self.init(name: format, columns: columns.isEmpty ? choice.usual : columns)
    }

    private static func bareName(_ item: Substring) -> String {
        item.hasPrefix("${") && item.hasSuffix("}") ? String(item.dropFirst(2).dropLast()) : String(item)
    }
}

import Yams

/// Reads the YAML files that an operator writes.
enum YAMLText {
    /// Where a text is no YAML: line and column, and what is wrong there.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// The document of a text; nil for an empty one.
    static func load(_ text: String) throws(Fault) -> Any? {
        do {
            return try Yams.load(yaml: text)
        } catch {
            throw Fault(description: words(of: error))
        }
    }

    /// In one line: Yams shows the text's line and a mark below it.
    private static func words(of error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line), column \(mark.column): \(problem)"
        default: "\(error)".split(separator: "\n").joined(separator: " ")
        }
    }
}

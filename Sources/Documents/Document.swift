import Host
import Yams

/// A YAML document that an operator writes, and its root.
///
/// Every reader of such a file begins here, so that all of them tell faults alike: file, line, path, value, mend.
package enum Document {
    /// Reads a whole document with `body`, which reports what is wrong with its values.
    ///
    /// - Parameters:
    ///   - text: The document.
    ///   - name: The file's name, as errors should show it.
    ///   - maximumBytes: Beyond this many bytes a file is refused unread.
    ///   - example: What the smallest document of this kind says.
    ///   - body: Reads the root; what it gives counts only where nothing was reported.
    /// - Returns: What `body` made of the root.
    /// - Throws: All problems of the file.
    package static func read<Content>(
        _ text: String, name: String, maximumBytes: Int = 4 << 20, example: String, _ body: (FileValue) -> Content
    ) throws(DocumentError) -> Content {
        let bytes = text.utf8.count
        let problems = ProblemList(file: name, bytes: bytes)
        if bytes > maximumBytes {
            problems.add(
                line: 1, path: "", message: "the file has \(bytes) bytes, more than \(maximumBytes)",
                mend: "split it into several")
            throw DocumentError(problems: problems.all)
        }
        guard let root = root(of: text, example, problems) else { throw DocumentError(problems: problems.all) }
        let content = body(FileValue(root, path: "", line: 1, problems: problems))
        if let error = problems.error { throw error }
        return content
    }

    /// Reads a file.
    package static func read<Content>(
        file path: String, maximumBytes: Int = 4 << 20, example: String, _ body: (FileValue) -> Content
    ) throws(DocumentError) -> Content {
        let bytes: [UInt8]?
        do {
            bytes = try DurableFile.read(path)
        } catch {
            throw unreadable(path, "the file cannot be read: \(error)", mend: "let the program's user read it")
        }
        guard let bytes else { throw unreadable(path, "there is no such file", mend: "name one that is there") }
        return try read(bytes: bytes, name: path, maximumBytes: maximumBytes, example: example, body)
    }

    private static func unreadable(_ path: String, _ message: String, mend: String) -> DocumentError {
        DocumentError(problems: [DocumentProblem(file: path, line: 0, path: "", message: message, mend: mend)])
    }

    /// Reads a file's bytes, which must be UTF-8.
    package static func read<Content>(
        bytes: some Collection<UInt8>, name: String, maximumBytes: Int = 4 << 20, example: String,
        _ body: (FileValue) -> Content
    ) throws(DocumentError) -> Content {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let problem = DocumentProblem(
                file: name, line: lineOfInvalidText(bytes), path: "", message: "the file is not UTF-8 text",
                mend: "save it as UTF-8")
            throw DocumentError(problems: [problem])
        }
        return try read(text, name: name, maximumBytes: maximumBytes, example: example, body)
    }

    private static func lineOfInvalidText(_ bytes: some Collection<UInt8>) -> Int {
        var line = 1
        for part in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }

    /// The document's root; reports what is not YAML, and a document without content.
    private static func root(of text: String, _ example: String, _ problems: ProblemList) -> Node? {
        do {
            // The basic resolver leaves scalars as text: `on`, `1e3` and `0x10` mean nothing special here.
            if let root = try compose(yaml: text, .basic, .default, .utf8) { return root }
            problems.add(
                line: 1, path: "", message: "the file is empty", mend: "write at least \(example)")
        } catch let error as YamlError {
            let (line, message, mend) = place(of: error, in: text)
            problems.add(line: line, path: "", message: message, mend: mend)
        } catch {
            problems.add(line: 1, path: "", message: "the file cannot be read: \(error)", mend: "write valid YAML")
        }
        return nil
    }

    private static func place(of error: YamlError, in text: String) -> (line: Int, message: String, mend: String) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let opening = context.map { " \($0.text) begun at line \($0.mark.line)" } ?? ""
            let last = text.utf8.count { $0 == UInt8(ascii: "\n") } + (text.hasSuffix("\n") ? 0 : 1)
            return (
                min(mark.line, max(last, 1)), "the file is not valid YAML:\(opening) \(problem)",
                "mend the YAML at column \(mark.column)"
            )
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0).utf8.count { $0 == UInt8(ascii: "\n") }
            return (before + 1, "the file is not valid YAML: \(problem)", "remove the character")
        case .duplicatedKeysInMapping(let keys, let context):
            let named = keys.map { "\"\($0)\"" }.joined(separator: ", ")
            return (context.mark.line, "key \(named) stands twice in one mapping, first here", "keep one of them")
        default: return (1, "the file is not valid YAML: \(error)", "write valid YAML")
        }
    }
}

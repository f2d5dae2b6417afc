/// One thing in an operator's file that must be mended.
package struct DocumentProblem: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counts from 1; 0 where the file as a whole is meant, which cannot be read.
    package let line: Int
    /// Where in the document, as `vpcs[0].groups[1].rules[0]`; empty for the document itself.
    package let path: String
    /// What is wrong, with the value seen.
    package let message: String
    /// What to write in its place.
    package let mend: String

    package init(file: String, line: Int, path: String, message: String, mend: String) {
        self.file = file
        self.line = line
        self.path = path
        self.message = message
        self.mend = mend
    }

    /// `FILE:LINE: PATH: MESSAGE; MEND`.
    package var description: String { line > 0 ? "\(file):\(line): \(words)" : "\(file): \(words)" }

    /// What is said where the file was named already: `line LINE: PATH: MESSAGE; MEND`.
    package var withinFile: String { line > 0 ? "line \(line): \(words)" : words }

    private var words: String { "\(path.isEmpty ? "" : path + ": ")\(message); \(mend)" }
}

/// All problems of one file, in the order of its lines.
package struct DocumentError: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [DocumentProblem]

    package init(problems: [DocumentProblem]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

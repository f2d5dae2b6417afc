/// Where the readers of one file leave what they find.
package final class ProblemList {
    package let file: String
    private var found: [DocumentProblem] = []
    private var visited = 0
    /// Aliases may unfold a small file into a huge one; without them no file has more values than bytes.
    private let maximumVisits: Int

    package init(file: String, bytes: Int) {
        self.file = file
        self.maximumVisits = max(bytes, 100_000)
    }

    package func add(line: Int, path: String, message: String, mend: String) {
        found.append(DocumentProblem(file: file, line: line, path: path, message: message, mend: mend))
    }

    /// Whether one more value may be read; reports once that there are too many.
    func mayVisit(line: Int, path: String) -> Bool {
        visited += 1
        if visited == maximumVisits {
            add(
                line: line, path: path, message: "aliases unfold into more than \(maximumVisits) values",
                mend: "write fewer aliases")
        }
        return visited < maximumVisits
    }

    /// What was found, in the order of the file's lines.
    ///
    /// Swift's sort keeps the order of equals, so problems of one line stay as they were found.
    var all: [DocumentProblem] { found.sorted { $0.line < $1.line } }

    /// The error to throw, or nil when all is well.
    package var error: DocumentError? { found.isEmpty ? nil : DocumentError(problems: all) }
}

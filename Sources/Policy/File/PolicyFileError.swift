/// One thing in a policy file that must be mended.
package struct PolicyFileProblem: Hashable, Sendable, CustomStringConvertible {
    package let file: String
    /// Counts from 1.
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
    package var description: String {
        "\(file):\(line): \(path.isEmpty ? "" : path + ": ")\(message); \(mend)"
    }
}

/// All problems of one policy file, in the order of its lines.
package struct PolicyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    package let problems: [PolicyFileProblem]

    package init(problems: [PolicyFileProblem]) { self.problems = problems }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Where the readers of one file leave what they find.
final class ProblemList {
    let file: String
    private var found: [PolicyFileProblem] = []
    private var visited = 0
    /// Aliases may unfold a small file into a huge one; without them no file has more values than bytes.
    private let maximumVisits: Int

    init(file: String, bytes: Int) {
        self.file = file
        self.maximumVisits = max(bytes, 100_000)
    }

    func add(line: Int, path: String, message: String, mend: String) {
        found.append(PolicyFileProblem(file: file, line: line, path: path, message: message, mend: mend))
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

    /// The error to throw, or nil when all is well.
    var error: PolicyFileError? {
        guard !found.isEmpty else { return nil }
        // Swift's sort keeps the order of equals, so problems of one line stay as they were found.
        return PolicyFileError(problems: found.sorted { $0.line < $1.line })
    }
}

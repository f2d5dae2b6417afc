import ArgumentParser

/// Something that was asked for and is not there.
struct NotFound: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    static let otherVersion = NotFound(
        "the agent answered something else: it is of another version; start it anew, its rules stay")
}

extension ExitCode {
    /// The answer is no.
    static let no = ExitCode(3)
}

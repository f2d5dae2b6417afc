import Archive

/// What a line was.
enum LineOutcome {
    /// A record: what was set in the batch since the one before.
    case record
    /// A record that says that something of its flow is missing.
    case incompleteRecord(Statement)
    /// A record that says how much is missing or was silent.
    case statement(Statement)
    case heading
    case comment
    /// An event of another kind, which has no flow.
    case otherEvent
    /// Nothing that the format knows; what is wrong with it.
    case bad(String)
}

/// Why a value is none.
struct BadLine: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Reads the lines of one format, from the beginning of a file to its end.
protocol LineReader {
    /// Reads one line into the batch's open row.
    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome
    /// What tells lines apart that have the same content: the columns that they have.
    var context: [UInt8] { get }
}

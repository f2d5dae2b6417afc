import ArgumentParser
import Terminal

/// How an answer about flows is written.
enum FlowOutput: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case jsonl
    case csv
    case yaml
    /// A file of an archive's answer.
    case parquet

    /// The format of a listing; nil where the answer is a file.
    var listing: OutputFormat? { OutputFormat(rawValue: rawValue) }
}

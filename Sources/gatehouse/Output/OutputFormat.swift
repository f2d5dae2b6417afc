import ArgumentParser

/// How a listing is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// Aligned columns for people; what it shows may change.
    case table
    /// One array of objects.
    case json
    /// One object a line.
    case jsonl
    /// Comma-separated values of RFC 4180.
    case csv
    case yaml
}

/// The option that every listing has.
struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: "How to write the answer: table, json, jsonl, csv or yaml.")
    var format = OutputFormat.table
}

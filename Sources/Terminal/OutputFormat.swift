import ArgumentParser

/// How a listing is written.
package enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
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
package struct OutputOptions: ParsableArguments {
    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: "How to write the answer: table, json, jsonl, csv or yaml.")
    package var format = OutputFormat.table
}

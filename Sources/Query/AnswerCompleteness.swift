package import Archive

/// How much of what happened an answer can hold.
package struct AnswerCompleteness: Sendable {
    package struct Span: Hashable, Sendable {
        package let host: String
        package var start: Int64
        package var end: Int64

        package init(host: String, start: Int64, end: Int64) { (self.host, self.start, self.end) = (host, start, end) }
    }

    /// The range that was asked about; where none was, from the first record to the last.
    package var from: Int64?
    package var until: Int64?
    /// Records of the range, whatever the filter.
    package var records = 0
    package var covered: [Span] = []
    package var loss: [Statement] = []
    package var silent: [String] = []
    package var unreadable: [UnreadableFile] = []
    /// Records of the range that have no value in a field.
    package var unknown: [(field: String, count: Int)] = []
    package var isInterrupted = false

    package init() {}

    /// Whether nothing is known to be missing.
    package var isComplete: Bool { loss.isEmpty && silent.isEmpty && unreadable.isEmpty && !isInterrupted }

    /// Adds spans that are covered; those of a host that touch become one.
    mutating func cover(_ spans: [Span]) {
        var merged: [Span] = []
        for span in (covered + spans).sorted(by: { ($0.host, $0.start) < ($1.host, $1.start) }) {
            if let last = merged.last, last.host == span.host, span.start <= last.end {
                merged[merged.count - 1].end = max(last.end, span.end)
            } else {
                merged.append(span)
            }
        }
        covered = merged
    }
}

extension Document {
    /// The documents of a text that `---` lines part, each with the lines before it empty, so that its lines keep their numbers.
    package static func parts(of text: String) -> [String] {
        var parts: [String] = []
        var lines = 0
        var open: [Substring] = []
        var before = 0
        func close() {
            if open.contains(where: { !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("#") }) {
                parts.append(String(repeating: "\n", count: before) + open.joined(separator: "\n"))
            }
        }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            lines += 1
            if line == "---" || line.hasPrefix("--- ") || line == "---\r" {
                close()
                open = []
                before = lines
            } else {
                open.append(line)
            }
        }
        close()
        return parts
    }
}

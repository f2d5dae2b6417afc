/// Why a filter is none, and at which of its characters.
package struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    package let filter: String
    /// Characters before the one that is wrong.
    package let position: Int
    package let reason: String

    /// The filter, a mark below the character, and what is wrong there.
    package var description: String {
        let line = filter.map { $0.isNewline || $0 == "\t" ? " " : $0 }
        return "\(String(line))\n\(String(repeating: " ", count: position))^\n\(reason)"
    }
}

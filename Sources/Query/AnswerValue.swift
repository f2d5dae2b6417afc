package import Model

/// One value of an answer.
package enum AnswerValue: Hashable, Sendable {
    case absent
    case text(String)
    /// Sums have more bits than the numbers they are of.
    case number(UInt128)
    case instant(Int64)
    case address(IPAddress)

    /// Absent ones last, addresses and numbers by their value, texts by their bytes.
    package func isBefore(_ other: AnswerValue) -> Bool {
        switch (self, other) {
        case (.absent, _): false
        case (_, .absent): true
        case (.text(let first), .text(let second)): first.utf8.lexicographicallyPrecedes(second.utf8)
        case (.number(let first), .number(let second)): first < second
        case (.instant(let first), .instant(let second)): first < second
        case (.address(let first), .address(let second)): first < second
        case (.text, _), (.number, _), (.instant, _), (.address, _): false
        }
    }
}

/// What is made of two sets.
package enum SetOperation: UInt8, Hashable, Sendable {
    case union
    case intersection
    case difference

    /// Whether something is in the result that is in these of the two.
    func keeps(_ isInFirst: Bool, _ isInSecond: Bool) -> Bool {
        switch self {
        case .union: isInFirst || isInSecond
        case .intersection: isInFirst && isInSecond
        case .difference: isInFirst && !isInSecond
        }
    }

    /// The result where it needs no work: one of them is empty, or both are equal.
    func shortcut<Content: Equatable>(_ first: Content, _ second: Content, empty: Content) -> Content? {
        if first == empty { return self == .union ? second : empty }
        if second == empty { return self == .intersection ? empty : first }
        guard first == second else { return nil }
        return self == .difference ? empty : first
    }
}

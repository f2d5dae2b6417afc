/// Finds the name that a mistyped one was probably meant to be.
package enum Suggestion {
    /// The mend for a name that is not among those that exist.
    package static func mend(_ name: String, among names: [String], none: String) -> String {
        if let nearest = nearest(to: name, among: names) { return "write \"\(nearest)\"" }
        guard !names.isEmpty else { return none }
        let listed = names.prefix(8).map { "\"\($0)\"" }.joined(separator: ", ")
        let rest = names.count > 8 ? " and \(names.count - 8) more" : ""
        return names.count == 1 ? "there is only \(listed)" : "there are \(listed)\(rest)"
    }

    /// The name with the fewest edits, where they are few for its length.
    package static func nearest(to name: String, among names: [String]) -> String? {
        let typed = Array(name.lowercased().utf8.prefix(200))
        let limit = max(1, typed.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in names where abs(candidate.utf8.count - typed.count) <= limit {
            let distance = distance(typed, Array(candidate.lowercased().utf8))
            if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours from one text to the other.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let substituted = last[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(substituted, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}

/// Raw blocks of LZ4: no frame around them, and no length before.
///
/// A block is a run of sequences: a token with the lengths of literals and match (four bits each, longer ones go on in bytes of
/// 255), the literals, a match's distance in two bytes, low first. It ends with literals: at least five, and none of the last twelve
/// begins a match.
enum LZ4Block {
    private static let hashBits = 14
    private static let leastMatch = 4
    private static let lastLiterals = 5
    private static let matchLimit = 12

    static func compress(_ input: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(input.count / 2 + 64)
        var table = [Int32](repeating: -1, count: 1 << hashBits)
        let bytes = input.span
        var (anchor, index) = (0, 0)
        while index + matchLimit < bytes.count {
            let word = load(bytes, index)
            let slot = Int((word &* 2_654_435_761) >> UInt32(32 - hashBits))
            let candidate = Int(table[slot])
            table[slot] = Int32(index)
            guard candidate >= 0, index - candidate <= 0xffff, load(bytes, candidate) == word else {
                // Where nothing repeats, fewer places are tried.
                index += 1 + (index - anchor) >> 6
                continue
            }
            var end = index + leastMatch
            while end < bytes.count - lastLiterals, bytes[end] == bytes[candidate + end - index] { end += 1 }
            append(input[anchor..<index], match: end - index, distance: index - candidate, to: &output)
            (anchor, index) = (end, end)
        }
        append(input[anchor...], match: nil, distance: 0, to: &output)
        return output
    }

    private static func load(_ bytes: Span<UInt8>, _ index: Int) -> UInt32 {
        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
            | UInt32(bytes[index + 3]) << 24
    }

    private static func append(
        _ literals: ArraySlice<UInt8>, match: Int?, distance: Int, to output: inout [UInt8]
    ) {
        let rest = match.map { $0 - leastMatch } ?? 0
        output.append(UInt8(min(literals.count, 15)) << 4 | UInt8(min(rest, 15)))
        appendLength(literals.count, to: &output)
        output += literals
        guard match != nil else { return }
        output.append(UInt8(truncatingIfNeeded: distance))
        output.append(UInt8(truncatingIfNeeded: distance >> 8))
        appendLength(rest, to: &output)
    }

    /// What of a length its four bits do not say.
    private static func appendLength(_ length: Int, to output: inout [UInt8]) {
        guard length >= 15 else { return }
        var rest = length - 15
        while rest >= 255 {
            output.append(255)
            rest -= 255
        }
        output.append(UInt8(rest))
    }
}

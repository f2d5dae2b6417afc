/// Takes content apart into lines.
struct LineSplitter {
    /// A longer line is none.
    static let longest = 64 << 10

    enum Line {
        /// Without line feed and carriage return.
        case whole(ArraySlice<UInt8>)
        case tooLong
    }

    private var rest: [UInt8] = []
    private var isSkipping = false
    private(set) var number = 0

    /// Hands over the lines that end in further content.
    mutating func add(_ bytes: [UInt8], _ take: (Line, _ number: Int) throws -> Void) rethrows {
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            number += 1
            if isSkipping {
                isSkipping = false
                try take(.tooLong, number)
            } else if rest.isEmpty {
                try take(Self.line(bytes[start..<end]), number)
            } else {
                rest += bytes[start..<end]
                try take(Self.line(rest[...]), number)
                rest = []
            }
            start = end + 1
        }
        guard !isSkipping else { return }
        rest += bytes[start...]
        if rest.count > Self.longest + 1 {
            isSkipping = true
            rest = []
        }
    }

    /// Hands over the last line, where it has no line feed.
    mutating func finish(_ take: (Line, _ number: Int) throws -> Void) rethrows {
        guard isSkipping || !rest.isEmpty else { return }
        number += 1
        try take(isSkipping ? .tooLong : Self.line(rest[...]), number)
        (rest, isSkipping) = ([], false)
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> Line {
        let line = bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes
        return line.count > longest ? .tooLong : .whole(line)
    }
}

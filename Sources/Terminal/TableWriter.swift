/// A column of a table.
package struct TableColumn {
    package let heading: String
    /// Numbers stand at the right edge.
    package let isNumber: Bool
    /// For tables that grow while they are read: later rows rarely need more.
    package let minimumWidth: Int

    package init(_ heading: String, isNumber: Bool = false, minimumWidth: Int = 0) {
        self.heading = heading
        self.isNumber = isNumber
        self.minimumWidth = minimumWidth
    }
}

/// Rows under headings, each column as wide as its widest cell so far.
package struct TableWriter {
    private let columns: [TableColumn]
    private let hasColour: Bool
    private var widths: [Int]
    private var waiting: [Line] = []
    private var hasHeading = false

    private enum Line {
        case cells([String])
        case note(String)
    }

    package init(_ columns: [TableColumn], hasColour: Bool, grows: Bool = false) {
        self.columns = columns
        self.hasColour = hasColour
        widths = columns.map { max($0.heading.count, grows ? $0.minimumWidth : 0) }
    }

    package mutating func add(_ cells: [String]) { waiting.append(.cells(cells.map(Self.harmless))) }

    /// Adds a sentence over the whole width.
    package mutating func add(note: String) { waiting.append(.note(Self.harmless(note))) }

    package var waitingCount: Int { waiting.count }

    /// The lines since the last time; the heading comes with the first.
    package mutating func lines() -> [String] {
        for case .cells(let cells) in waiting {
            for (index, cell) in cells.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        var lines: [String] = []
        if !hasHeading { lines.append(Console.paint(line(columns.map(\.heading)), .bold, isOn: hasColour)) }
        hasHeading = true
        for entry in waiting {
            switch entry {
            case .cells(let cells): lines.append(line(cells))
            case .note(let note): lines.append(Console.paint(note, .dim, isOn: hasColour))
            }
        }
        waiting.removeAll(keepingCapacity: true)
        return lines
    }

    private func line(_ cells: [String]) -> String {
        var parts: [String] = []
        for (index, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[index] - cell.count)
            // Nothing is padded at the end of a line.
            let isLast = index == cells.count - 1
            parts.append(columns[index].isNumber ? space + coloured(cell) : coloured(cell) + (isLast ? "" : space))
        }
        return parts.joined(separator: "  ")
    }

    private func coloured(_ cell: String) -> String {
        switch cell {
        case "ACCEPT": Console.paint(cell, .green, isOn: hasColour)
        case "DROP": Console.paint(cell, .red, isOn: hasColour)
        default: cell
        }
    }

    /// Takes out what would command the terminal: names in the log were somebody's input.
    private static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{fffd}" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}

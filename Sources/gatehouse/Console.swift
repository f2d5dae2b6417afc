import ArgumentParser
import Foundation

/// Standard output for answers, standard error for talk, colour on terminals only.
enum Console {
    static func tell(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func write(_ bytes: [UInt8]) {
        FileHandle.standardOutput.write(Data(bytes))
    }

    static let hasColour: Bool =
        isatty(1) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil

    enum Colour: String {
        case green = "32"
        case red = "31"
        case dim = "2"
        case bold = "1"
    }

    static func paint(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }
}

/// Writes a line of the answer at once, so that it keeps its order with what is written as bytes.
func print(_ line: some CustomStringConvertible) {
    Console.write(Array((line.description + "\n").utf8))
}

/// How a listing is written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case jsonl
    case csv
}

/// Rows under headings, each column as wide as its widest cell.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    /// The table's lines; cells that begin with a verdict are coloured after they are padded.
    var text: String {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).map { cell, width in
                let padded = cell.padding(toLength: max(width, cell.count), withPad: " ", startingAt: 0)
                switch cell {
                case "ACCEPT": return Console.paint(padded, .green)
                case "DROP": return Console.paint(padded, .red)
                default: return padded
                }
            }.joined(separator: "  ").trimmedAtEnd
        }
        return ([Console.paint(line(headings), .bold)] + rows.map(line)).joined(separator: "\n")
    }

    /// The rows as comma-separated values (RFC 4180).
    var csv: String {
        ([headings] + rows).map { row in
            row.map {
                $0.contains { ",\"\n".contains($0) } ? "\"\($0.replacingOccurrences(of: "\"", with: "\"\""))\"" : $0
            }
            .joined(separator: ",")
        }.joined(separator: "\n")
    }

    /// The rows as objects.
    var objects: [[String: String]] {
        rows.map {
            Dictionary(zip(headings.map { $0.lowercased().replacingOccurrences(of: " ", with: "_") }, $0)) { $1 }
        }
    }

    func write(_ format: OutputFormat) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        switch format {
        case .table: print(text)
        case .csv: print(csv)
        case .json: print(String(decoding: try encoder.encode(objects), as: UTF8.self))
        case .jsonl: for object in objects { print(String(decoding: try encoder.encode(object), as: UTF8.self)) }
        }
    }
}

extension String {
    fileprivate var trimmedAtEnd: String {
        var copy = self
        while copy.last == " " { copy.removeLast() }
        return copy
    }
}

import ArgumentParser
import Host
import Link
import Model
import Records

struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "New sessions, accepted and refused, each with the rule that decided.",
        discussion: "Example: gatehouse events action=drop dst=10.1.3.0/24 --since 15m --follow")

    @OptionGroup var options: FilterOptions
    @OptionGroup var data: DataOptions

    @Flag(name: .shortAndLong, help: "Go on with what comes.")
    var follow = false

    func run() throws {
        let folder = try data.existingFolder()
        let filter = try options.parsed()
        var printer = EventPrinter(options.output)
        var malformed = 0
        var lines: [[UInt8]] = []
        for path in [folder.eventsJSON + ".1", folder.eventsJSON] {
            for line in (try DurableFile.read(path) ?? []).split(separator: UInt8(ascii: "\n")) {
                guard let parsed = try? EventLogLine(reading: line) else {
                    malformed += 1
                    continue
                }
                if parsed.matches(filter) { lines.append(Array(line)) }
            }
        }
        for line in options.limited(lines) { try printer.print(line) }
        printer.finish(isLast: !follow)
        if malformed > 0 { Console.tell("\(malformed) lines could not be read") }
        guard follow else { return }
        var tail = try FileTail(folder.eventsJSON)
        while true {
            for line in try tail.lines() {
                guard let parsed = try? EventLogLine(reading: line[...]), parsed.matches(filter) else { continue }
                try printer.print(line)
            }
            _ = try Polling.wait([], timeoutNanoseconds: 100_000_000)
        }
    }
}

extension EventLogLine {
    func matches(_ filter: RecordFilter) -> Bool {
        switch self {
        case .event(let entry): filter.matches(entry)
        case .summary(let summary): filter.matches(summary)
        }
    }
}

/// Writes event log lines as they are, or as a table whose columns are fixed so that it can grow.
struct EventPrinter {
    private let format: OutputFormat
    private var hasHeading = false
    private var objects: [[UInt8]] = []

    init(_ format: OutputFormat) { self.format = format }

    mutating func print(_ line: [UInt8]) throws {
        switch format {
        case .json: objects.append(line)
        case .jsonl: Console.write(line + [UInt8(ascii: "\n")])
        case .table, .csv:
            guard case .event(let entry) = try EventLogLine(reading: line[...]) else {
                Console.tell(String(decoding: line, as: UTF8.self))
                return
            }
            if !hasHeading { write(Self.headings) }
            hasHeading = true
            write(Self.cells(entry))
        }
    }

    mutating func finish(isLast: Bool) {
        guard format == .json, isLast else { return }
        Console.write(Array("[".utf8) + objects.joined(separator: Array(",\n".utf8)) + Array("]\n".utf8))
    }

    private static let headings = ["TIME", "VERDICT", "INTERFACE", "WAY", "SOURCE", "TARGET", "SERVICE", "RULE"]
    private static let widths = [12, 7, 14, 7, 24, 20, 12, 0]

    static func cells(_ entry: EventEntry) -> [String] {
        let service =
            entry.icmpType.map { "\(entry.transport)/\($0)/\(entry.icmpCode ?? 0)" }
            ?? entry.targetPort.map { "\(entry.transport)/\($0)" } ?? "\(entry.transport)"
        let maker = entry.changedBy.map { " (revision \(entry.revision), \($0))" } ?? ""
        return [
            Wording.clock(entry.time), Wording.verdict(entry.verdict), entry.label ?? entry.interfaceID.short,
            entry.direction.rawValue, Wording.end(entry.source, entry.sourcePort), "\(entry.target)", service,
            "\(entry.ruleID.short) \(entry.rule ?? "")\(maker)",
        ]
    }

    private func write(_ cells: [String]) {
        if format == .csv {
            Console.write(Array((cells.map { $0.contains(",") ? "\"\($0)\"" : $0 }.joined(separator: ",") + "\n").utf8))
            return
        }
        let line = zip(cells, Self.widths).map { cell, width in
            let padded = cell + String(repeating: " ", count: max(0, width - cell.count))
            switch cell {
            case "ACCEPT": return Console.paint(padded, .green)
            case "DROP": return Console.paint(padded, .red)
            default: return padded
            }
        }.joined(separator: "  ")
        Console.write(Array((line + "\n").utf8))
    }
}

/// The lines that are added to a file, also when it is set aside and begun anew.
struct FileTail {
    private let path: String
    private var offset: Int
    private var rest: [UInt8] = []

    /// Begins at the file's present end.
    init(_ path: String) throws {
        self.path = path
        offset = try DurableFile.size(path)
    }

    mutating func lines() throws -> [[UInt8]] {
        let size = try DurableFile.size(path)
        if size < offset { offset = 0 }
        guard size > offset else { return [] }
        rest += try DurableFile.read(path, from: offset) ?? []
        offset = size
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { rest = Array(rest[(end + 1)...]) }
        return rest[..<end].split(separator: UInt8(ascii: "\n")).map(Array.init)
    }
}

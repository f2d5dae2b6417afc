import ArgumentParser
import Link
import Model
import Records
import Terminal

struct BooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "books",
        abstract: "Kernel counters against records, for each interface and way.",
        discussion: """
            kernel = recorded + not collected + open + lost. `open` is what live sessions and counting sets hold since \
            their last record; not collected is what a VPC's `collect` leaves out. Exit code 3 when the books do not balance.

            Example: gatehouse books --settle 10
            """)

    @Option(help: "Read again for at most so many seconds, until traffic rests and every line is exact.")
    var settle = 0

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        guard (0...3600).contains(settle) else {
            throw ValidationError("--settle \(settle): give 0 to 3600 seconds")
        }
    }

    func run() throws {
        if settle > 0 { Console.tell("waiting up to \(Wording.count(settle, "second")) for traffic to rest …") }
        let client = AgentClient(data.folder)
        guard case .books(let report) = try client.ask(.books(settleSeconds: settle), patienceSeconds: settle + 120)
        else { throw NotFound.otherVersion }
        let listing = BooksListing(showsUncollected: !report.total.uncollected.isZero)
        var writer = ListingWriter(listing, output.format)
        report.lines.forEach { writer.add(.line($0)) }
        if output.format == .table, report.lines.count > 1 { writer.add(.total(report)) }
        writer.finish()
        for line in report.lines where line.isPending {
            Console.tell(
                "\(line.interface) \(line.way): a loss may still have to be stated; it is known when traffic rests")
        }
        let verdict = report.isBalanced ? "balanced" : "NOT balanced"
        if output.format == .table { print(verdict) } else { Console.tell(verdict) }
        if !report.isBalanced { throw ExitCode.no }
    }
}

/// How the lines of the books are listed.
struct BooksListing: Listing {
    enum Row {
        case line(BooksReport.Line)
        case total(BooksReport)

        var sum: BooksReport.Line {
            switch self {
            case .line(let line): line
            case .total(let report): report.total
            }
        }
    }

    /// Whether a table tells what is not collected: seldom is there any.
    let showsUncollected: Bool

    var columns: [TableColumn] {
        let sums =
            ["KERNEL", "RECORDED"] + (showsUncollected ? ["NOT COLLECTED"] : []) + ["OPEN", "LOST", "UNEXPLAINED"]
        return [TableColumn("INTERFACE"), TableColumn("WAY")] + sums.map { TableColumn($0, isNumber: true) }
    }

    func cells(_ row: Row) -> [String] {
        let line = row.sum
        let sums =
            ([line.kernel, line.recorded] + (showsUncollected ? [line.uncollected] : []) + [line.open, line.lost])
            .map { "\($0.packets) / \($0.bytes)" }
        let rest = "\(line.unexplained.packets) / \(line.unexplained.bytes)"
        return [line.interface, line.way] + sums + [line.isPending ? "\(rest) (pending)" : rest]
    }

    let keys =
        ["interface", "way"]
        + ["kernel", "recorded", "uncollected", "open", "lost", "unexplained"].flatMap {
            ["\($0)_packets", "\($0)_bytes"]
        }
        + ["pending"]

    func fields(_ row: Row) -> [Field] {
        let line = row.sum
        let sums = [
            ("kernel", line.kernel), ("recorded", line.recorded), ("uncollected", line.uncollected),
            ("open", line.open),
            ("lost", line.lost),
        ]
        return [Field("interface", .text(line.interface)), Field("way", .text(line.way))]
            + sums.flatMap { name, sum in
                [Field("\(name)_packets", .number(sum.packets)), Field("\(name)_bytes", .number(sum.bytes))]
            }
            + [
                Field("unexplained_packets", .number(line.unexplained.packets)),
                Field("unexplained_bytes", .number(line.unexplained.bytes)), Field("pending", .truth(line.isPending)),
            ]
    }
}

extension BooksReport {
    /// All lines together.
    var total: Line {
        var total = Line(
            interface: "total", way: "", kernel: .zero, recorded: .zero, open: .zero, lost: .zero,
            unexplained: .init(packets: 0, bytes: 0), isPending: false)
        for line in lines {
            total.kernel += line.kernel
            total.recorded += line.recorded
            total.uncollected += line.uncollected
            total.open += line.open
            total.lost += line.lost
            total.unexplained.packets &+= line.unexplained.packets
            total.unexplained.bytes &+= line.unexplained.bytes
            total.isPending = total.isPending || line.isPending
        }
        return total
    }
}

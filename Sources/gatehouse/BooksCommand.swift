import ArgumentParser
import Link
import Model

struct BooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "books",
        abstract: "Kernel counters against records, for each interface and way.",
        discussion: """
            kernel = recorded + open + lost. `open` is what live sessions counted since their last record. Exit code 3 when
            something is unexplained.

            Example: gatehouse books --settle 10
            """)

    @OptionGroup var data: DataOptions

    @Option(help: "Read again for at most so many seconds, until traffic rests and every line is exact.")
    var settle = 0

    @Option(name: .shortAndLong, help: "How to write the answer: table, json, jsonl, csv.")
    var output = OutputFormat.table

    func run() throws {
        guard
            case .books(let report) = try AgentClient(data.folder).ask(
                .books(settleSeconds: settle), patienceSeconds: settle + 120)
        else { throw NotFound("the agent answered something else: is it of this version?") }
        try Self.table(report).write(output)
        for line in report.lines where line.isPending {
            Console.tell(
                "\(line.interface) \(line.way): a loss may still have to be stated; it is known when traffic rests")
        }
        Console.tell(report.isBalanced ? "balanced" : "NOT balanced")
        if !report.isBalanced { throw ExitCode.no }
    }

    static func table(_ report: BooksReport) -> Table {
        var table = Table([
            "INTERFACE", "WAY", "KERNEL PACKETS", "RECORDED", "OPEN", "LOST", "UNEXPLAINED", "KERNEL BYTES",
            "RECORDED BYTES", "OPEN BYTES", "LOST BYTES", "UNEXPLAINED BYTES",
        ])
        for line in report.lines {
            table.add([
                line.interface, line.way, "\(line.kernel.packets)", "\(line.recorded.packets)", "\(line.open.packets)",
                "\(line.lost.packets)", "\(line.unexplained.packets)", "\(line.kernel.bytes)", "\(line.recorded.bytes)",
                "\(line.open.bytes)", "\(line.lost.bytes)", "\(line.unexplained.bytes)",
            ])
        }
        return table
    }
}

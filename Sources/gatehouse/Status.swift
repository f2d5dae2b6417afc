import ArgumentParser
import Foundation
import Link
import Model

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the host's agent does.", discussion: "Example: gatehouse status --output json")

    @OptionGroup var data: DataOptions

    @Option(name: .shortAndLong, help: "How to write the answer: table, json.")
    var output = OutputFormat.table

    func run() throws {
        guard case .status(let status) = try AgentClient(data.folder).ask(.status) else {
            throw NotFound("the agent answered something else: is it of this version?")
        }
        guard output == .table else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(status), as: UTF8.self))
            return
        }
        var table = Table(["WHAT", "VALUE"])
        table.add(["host", status.host])
        table.add(["revision", "\(status.revision)"])
        table.add(["running since", status.startedAt.text(fractionDigits: 0)])
        table.add(["interfaces", status.interfaces.joined(separator: ", ")])
        if !status.missingDevices.isEmpty {
            table.add(["devices missing", status.missingDevices.joined(separator: ", ")])
        }
        table.add([
            "sockets kept",
            status.socketsAreKept ? "yes: a killed agent loses nothing" : "no: start it by systemd or `gatehouse up`",
        ])
        table.add(["live sessions", "\(status.liveSessions) at the last window"])
        table.add([
            "events",
            "\(status.events), \(status.eventsSuppressed) beyond the log's rate, \(status.eventsLost) lost by the kernel",
        ])
        table.add(["records", "\(status.records)"])
        table.add(["malformed messages", "\(status.malformedMessages)"])
        table.add(["repairs", "\(status.repairs)\(status.lastDrift.map { ", last: \($0)" } ?? "")"])
        for problem in status.problems { table.add(["problem", problem]) }
        if let undelivered = status.undelivered { table.add(["not delivered", undelivered]) }
        print(table.text)
    }
}

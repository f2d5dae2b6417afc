import ArgumentParser
import Host
import Model
import Records

/// The filter that `events` and `flows` share.
struct FilterOptions: ParsableArguments {
    @Argument(
        help:
            "src=, dst= (address or prefix), port=, sport=, dport=, proto=, action=accept|drop, interface=, group=, rule=."
    )
    var filter: [String] = []

    @Option(help: "From this time on: a span back as 15m, 2h, or RFC 3339.")
    var since: String?

    @Option(help: "Up to this time.")
    var until: String?

    @Option(help: "The last so many only.")
    var limit: Int?

    @Option(name: .shortAndLong, help: "How to write the answer: table, json, jsonl, csv.")
    var output = OutputFormat.table

    func parsed() throws -> RecordFilter {
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        do {
            return try RecordFilter(
                parsing: filter, since: try since.map { try TimeText.time($0, now: now) },
                until: try until.map { try TimeText.time($0, now: now) })
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func limited<Element>(_ found: [Element]) -> [Element] { limit.map { Array(found.suffix($0)) } ?? found }
}

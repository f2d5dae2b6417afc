import ArgumentParser
import Filter
import Foundation
import Model
import Records
import Terminal

/// What flows are narrowed to: expressions of the filter language, and the time range.
struct FlowFilterOptions: ParsableArguments {
    @Argument(
        help: """
            Expressions that must all hold, such as "src in 10.1.0.0/16 and port in (22, 3389)" or action=drop; \
            fields are the columns' names and src, dst, sport, dport, port, proto, action, bytes, packets.
            """,
        completion: .list(FilterField.names))
    var filter: [String] = []

    @Option(help: "The last so many only; with --sort the first so many.")
    var limit: Int?

    @OptionGroup var range: RangeOptions

    func validate() throws {
        try RangeOptions.check(limit: limit)
    }

    /// The arguments as one expression; an error is told as it is, with its mark below the character.
    func expression() throws -> FilterExpression {
        let now = Timestamp.now
        let offset = TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(now.seconds)))
        do throws(FilterError) {
            return try FilterExpression(arguments: filter, FilterContext(now: now, offset: offset))
        } catch {
            Console.tell("\(error)")
            throw ExitCode(2)
        }
    }

    /// What this host's records are narrowed to.
    ///
    /// The short form holds on either side of a translation, as ever; everything else asks the columns.
    func live() throws -> LiveFilter {
        let (since, until) = try range.times()
        if let terms = try? RecordFilter(parsing: filter, since: since, until: until) {
            return LiveFilter(record: terms, expression: nil)
        }
        return LiveFilter(record: RecordFilter(terms: [], since: since, until: until), expression: try expression())
    }

    /// Beginning and end in microseconds since 1970, as an archive counts; nil where none is given.
    func microseconds() throws -> (since: Int64?, until: Int64?) {
        let (since, until) = try range.times()
        return (since.map { $0.nanoseconds / 1000 }, until.map { $0.nanoseconds / 1000 })
    }
}

/// What this host's records are narrowed to.
struct LiveFilter {
    let record: RecordFilter
    let expression: FilterExpression?

    func matches(_ flow: FlowRecord, host: String, catalogue: Catalogue, peers: PeerIndex) -> Bool {
        guard record.matches(flow, catalogue: catalogue) else { return false }
        guard let expression else { return true }
        let row = FlowRow(flow, host: host, catalogue: catalogue, peers: peers)
        return expression.holds { row.cell($0) }
    }
}

import ArgumentParser
import Host
import Model
import Records

/// The filter that `events` and `flows` share.
struct FilterOptions: ParsableArguments {
    @Argument(
        help: """
            Terms that must all hold: src=, dst= (address or prefix), port=, sport=, dport=, proto=, \
            action=accept|drop|observe, interface=, group=, rule=.
            """)
    var filter: [String] = []

    @Option(help: "The last so many only.")
    var limit: Int?

    @OptionGroup var range: RangeOptions

    func validate() throws {
        _ = try parsed()
        try RangeOptions.check(limit: limit)
    }

    func parsed() throws -> RecordFilter {
        do {
            let (since, until) = try range.times()
            return try RecordFilter(parsing: filter, since: since, until: until)
        } catch let error as RecordFilter.ParseError {
            throw ValidationError("\(error)")
        }
    }
}

extension Timestamp {
    /// The present instant.
    static var now: Timestamp { Timestamp(nanoseconds: SystemClock.realtime) }
}

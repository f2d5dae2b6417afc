import ArgumentParser
import Host
import Model
import Records

/// The filter that `events` and `flows` share.
struct FilterOptions: ParsableArguments {
    @Argument(
        help: """
            Terms that must all hold: src=, dst= (address or prefix), port=, sport=, dport=, proto=, \
            action=accept|drop, interface=, group=, rule=.
            """)
    var filter: [String] = []

    @Option(help: "From this time on: so long ago, as 15m or 2h, or RFC 3339.")
    var since: String?

    @Option(help: "Before this time, likewise.")
    var until: String?

    @Option(help: "The last so many only.")
    var limit: Int?

    @Flag(name: .shortAndLong, help: "Go on with what comes, until Ctrl-C.")
    var follow = false

    func validate() throws {
        _ = try parsed()
        if let limit, limit < 0 { throw ValidationError("--limit \(limit): give a number from 0 on") }
        if follow, until != nil { throw ValidationError("--until and --follow: what comes is later; give one of them") }
    }

    func parsed() throws -> RecordFilter {
        do {
            return try RecordFilter(
                parsing: filter, since: try time("--since", since), until: try time("--until", until))
        } catch let error as RecordFilter.ParseError {
            throw ValidationError("\(error)")
        }
    }

    private func time(_ option: String, _ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        do {
            return try TimeText.time(text, now: .now)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }
}

extension Timestamp {
    /// The present instant.
    static var now: Timestamp { Timestamp(nanoseconds: SystemClock.realtime) }
}

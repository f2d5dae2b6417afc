import ArgumentParser
import Model
import Records

/// The span of time that events and flows are narrowed to, and whether what comes is followed.
struct RangeOptions: ParsableArguments {
    @Option(help: "From this time on: so long ago, as 15m or 2h, or RFC 3339.")
    var since: String?

    @Option(help: "Before this time, likewise.")
    var until: String?

    @Flag(name: .shortAndLong, help: "Go on with what comes, until Ctrl-C.")
    var follow = false

    func validate() throws {
        _ = try times()
        if follow, until != nil { throw ValidationError("--until and --follow: what comes is later; give one of them") }
    }

    /// Beginning and end; nil where none is given.
    func times() throws -> (since: Timestamp?, until: Timestamp?) {
        (try Self.time("--since", since), try Self.time("--until", until))
    }

    static func time(_ option: String, _ text: String?) throws -> Timestamp? {
        guard let text else { return nil }
        do {
            return try TimeText.time(text, now: .now)
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }

    /// A number of rows that are wanted is none below zero.
    static func check(limit: Int?) throws {
        if let limit, limit < 0 { throw ValidationError("--limit \(limit): give a number from 0 on") }
    }
}

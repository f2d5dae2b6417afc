import ArgumentParser
import Model
import Records
import Registry
import Server
import Service
import Terminal

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who changed what: the trail of the control plane, and where a change is in force.",
        discussion: """
            With --request the hosts' receipts follow: since when each has the change in its kernel, or why not. A control plane
            is asked with --server, or where GATEHOUSE_SERVER names one; else the data folder on this machine.

            Example: gatehouse audit --group 4fccbeb6-7228-46d7-854d-277409678355 --since 2h
            """,
        subcommands: [List.self, Verify.self, Seal.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries, oldest first.",
            discussion: "Example: gatehouse audit list --actor ada --output jsonl")

        @OptionGroup var conditions: AuditConditions
        @OptionGroup var output: OutputOptions
        @OptionGroup var asked: OperatingOptions

        func run() async throws {
            let trail = try await asked.source().trail(try conditions.query(now: .now))
            let rows = try trail.entries.map { try AuditRow($0) }
            let effects = try trail.effects.map { try EffectRow($0) }
            let time = LocalTime(now: .now)
            var writer = ListingWriter(AuditListing(time: time), output.format)
            for row in rows { writer.add(row) }
            writer.finish()
            for effect in effects { Console.tell(effect.line(time)) }
        }
    }
}

/// Which entries are listed.
struct AuditConditions: ParsableArguments {
    @Option(help: "The id of a group.")
    var group: String?
    @Option(help: "The id of an interface.")
    var interface: String?
    @Option(help: "The id of any other object.")
    var target: String?
    @Option(help: "What it is about: \(Self.kinds).")
    var kind: String?
    @Option(help: "The name or id of who did it.")
    var actor: String?
    @Option(help: "The request id that the caller was told: req-…")
    var request: String?
    @Option(help: "An action or its beginning: security_group, security_group.rule.add.")
    var action: String?
    @Option(help: "success or failure.")
    var outcome: String?
    @Option(help: "Entries since then: 15m, 2h, or a time as RFC 3339.")
    var since: String?
    @Option(help: "Entries until then.")
    var until: String?
    @Option(help: "The newest so many, 1 to 100000.")
    var limit = 1000

    private static let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")

    func validate() throws {
        let named = [("--group", group), ("--interface", interface), ("--target", target)].filter { $0.1 != nil }
        guard named.count < 2 else {
            throw ValidationError("\(named.map(\.0).joined(separator: ", ")): give one of them")
        }
        if let kind, Kind(rawValue: kind) == nil { throw ValidationError("--kind \(kind): give one of \(Self.kinds)") }
        if let outcome, AuditNote.Outcome(rawValue: outcome) == nil {
            throw ValidationError("--outcome \(outcome): give success or failure")
        }
        guard AuditQuery.limits.contains(limit) else {
            throw ValidationError("--limit \(limit): give 1 to \(AuditQuery.limits.upperBound)")
        }
        _ = try query(now: .now)
    }

    func query(now: Timestamp) throws -> AuditQuery {
        var query = AuditQuery()
        query.target = group ?? interface ?? target
        query.kind = kind.flatMap { Kind(rawValue: $0) }
        query.actor = actor
        query.requestID = request
        query.action = action
        query.outcome = outcome
        query.since = try Self.instant(since, "--since", now)
        query.until = try Self.instant(until, "--until", now)
        query.limit = limit
        return query
    }

    private static func instant(_ text: String?, _ option: String, _ now: Timestamp) throws -> Int64? {
        guard let text else { return nil }
        do {
            return try TimeText.time(text, now: now).nanoseconds
        } catch {
            throw ValidationError("\(option): \(error)")
        }
    }
}

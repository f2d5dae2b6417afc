import ArgumentParser
import Foundation
import Model
import Records
import Registry

struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who changed what: the trail of the control plane, and where a change is in force.",
        discussion: """
            With --request the hosts' receipts follow: since when each has the change in its kernel, or why not.

            Example: gatehouse audit --group 4fccbeb6-7228-46d7-854d-277409678355 --since 2h
            """,
        subcommands: [List.self, Verify.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List entries, oldest first.",
            discussion: "Example: gatehouse audit list --actor ada --output jsonl")

        @Option(help: "The id of a group.")
        var group: String?
        @Option(help: "The id of an interface.")
        var interface: String?
        @Option(help: "The id of any other object.")
        var target: String?
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
        @Option(help: "The newest so many.")
        var limit = 1000
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ServerOptions

        func run() async throws {
            var query = AuditQuery()
            query.target = group ?? interface ?? target
            query.actor = actor
            query.requestID = request
            query.action = action
            query.outcome = outcome
            query.since = try instant(since, "--since")
            query.until = try instant(until, "--until")
            query.limit = max(limit, 1)
            let asked = query
            let registry = try server.registry()
            let (entries, effects) = try await registry.read { database in
                let entries = try asked.entries(in: database)
                let newest = asked.requestID == nil ? nil : entries.compactMap(\.revision).max()
                return (entries, try newest.map { try Effect.of($0, in: database) } ?? [])
            }
            var writer = ListingWriter(AuditListing(time: LocalTime(now: .now)), output.format)
            for entry in entries { writer.add(entry) }
            writer.finish()
            for effect in effects { Console.tell(effect.line(LocalTime(now: .now))) }
        }

        private func instant(_ text: String?, _ option: String) throws -> Int64? {
            guard let text else { return nil }
            do {
                return try TimeText.time(text, now: .now).nanoseconds
            } catch {
                throw ValidationError("\(option): \(error)")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no entry was altered, removed or put in: exit code 3 when one was.",
            discussion: "Example: gatehouse audit verify --data /var/lib/gatehouse-server")

        @OptionGroup var server: ServerOptions

        func run() async throws {
            switch try await server.registry().read({ try AuditTrail.verify($0) }) {
            case .whole(let entries, let last):
                print(
                    "\(Wording.count(entries, "entry", plural: "entries")), each following from the one before; the last hash is \(last)"
                )
            case .broken(_, let words):
                print(words)
                throw ExitCode.no
            }
        }
    }
}

/// How entries of the trail are listed.
struct AuditListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("ENTRY", isNumber: true), TableColumn("WHEN"), TableColumn("WHO"), TableColumn("ACTION"),
        TableColumn("TARGET"), TableColumn("OUTCOME"), TableColumn("REVISION", isNumber: true), TableColumn("REQUEST"),
    ]

    func cells(_ row: AuditEntry) -> [String] {
        let name = row.targetName.isEmpty ? String(row.targetID.prefix(8)) : row.targetName
        return [
            "\(row.sequence)", time.text(Timestamp(nanoseconds: row.at), fractionDigits: 3), row.actorName, row.action,
            row.targetKind.isEmpty ? "" : "\(row.targetKind) \(name)",
            row.reason.isEmpty ? row.outcome : "\(row.outcome): \(row.reason)", row.revision.map { "\($0)" } ?? "",
            row.requestID,
        ]
    }

    let keys = [
        "sequence", "at", "request_id", "actor_id", "actor", "project_id", "source", "action", "outcome", "reason",
        "target_kind", "target_id", "target_name", "before", "after", "revision", "hash",
    ]

    func fields(_ row: AuditEntry) -> [Field] {
        [
            Field("sequence", .number(row.sequence)), Field("at", .instant(Timestamp(nanoseconds: row.at))),
            Field("request_id", .text(row.requestID)), Field("actor_id", .text(row.actorID)),
            Field("actor", .text(row.actorName)), Field("project_id", .text(row.projectID)),
            Field("source", .text(row.source)), Field("action", .text(row.action)),
            Field("outcome", .text(row.outcome)),
            Field("reason", .text(row.reason)), Field("target_kind", .text(row.targetKind)),
            Field("target_id", .text(row.targetID)), Field("target_name", .text(row.targetName)),
            Field("before", .text(row.before)), Field("after", .text(row.after)),
            Field("revision", .number(row.revision)),
            Field("hash", .text(hexadecimal(row.hash))),
        ]
    }
}

extension Effect {
    /// What an operator wants to know of it.
    func line(_ time: LocalTime) -> String {
        switch state {
        case .inForce:
            "\(host): in the kernel since \(appliedAt.map { time.text(Timestamp(nanoseconds: $0)) } ?? "") (revision \(revision ?? 0))"
        case .waiting: "\(host): not yet in force"
        case .failed: "\(host): failed: \(failure ?? "")"
        case .notConcerned: "\(host): not concerned"
        }
    }
}

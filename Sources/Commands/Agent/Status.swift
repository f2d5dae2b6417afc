import ArgumentParser
import Link
import Model
import Records
import Terminal

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the host's agent does.",
        discussion: """
            Exit code 3 where interfaces are not judged, or devices passed packets that no rule judged and still do.

            Example: gatehouse status --output json
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        guard case .status(let status) = try AgentClient(data.folder).ask(.status) else {
            throw NotFound.otherVersion
        }
        ObjectWriter.write(status.fields, output.format)
        if !status.isEnforced { throw ExitCode.no }
    }
}

extension AgentStatus {
    /// Whether everything that the policy names is judged at this moment.
    var isEnforced: Bool { (notEnforced ?? []).isEmpty && (unguarded ?? []).allSatisfy { $0.until != nil } }

    var fields: [Field] {
        [
            Field("host", .text(host)), Field("revision", .number(revision)),
            Field("started_at", .instant(startedAt)), Field("interfaces", .texts(interfaces)),
            Field("attachments", .texts((attachments ?? []).map(\.words))),
            Field("missing_devices", .texts(missingDevices)),
            Field("not_enforced", .texts((notEnforced ?? []).map(\.line))),
            Field("held_devices", .texts(heldDevices ?? [])),
            Field("unguarded", .list((unguarded ?? []).map { .object($0.fields) })),
            // Without a supervisor what happens while the agent is down becomes stated loss.
            Field("sockets_are_kept", .truth(socketsAreKept)), Field("live_sessions", .number(liveSessions)),
            Field("events", .number(events)), Field("events_suppressed", .number(eventsSuppressed)),
            Field("events_lost", .number(eventsLost)), Field("records", .number(records)),
            Field("malformed_messages", .number(malformedMessages)), Field("repairs", .number(repairs)),
            Field("last_drift", .text(lastDrift)), Field("problems", .texts(problems)),
            Field("notes", .texts(notes ?? [])),
            // What these drop, our events have told as accepted.
            Field("foreign_drops", .texts(foreignDrops ?? [])),
            Field("undelivered", .text(undelivered)),
        ]
    }
}

extension UnguardedSpan {
    fileprivate var fields: [Field] {
        [
            Field("since", .instant(since)), Field("until", .instant(until)), Field("cause", .text(cause)),
            Field("devices", .texts(devices)),
        ]
    }
}

import ArgumentParser
import Link
import Model
import Terminal

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the host's agent does.", discussion: "Example: gatehouse status --output json")

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        guard case .status(let status) = try AgentClient(data.folder).ask(.status) else {
            throw NotFound.otherVersion
        }
        ObjectWriter.write(status.fields, output.format)
    }
}

extension AgentStatus {
    var fields: [Field] {
        [
            Field("host", .text(host)), Field("revision", .number(revision)),
            Field("started_at", .instant(startedAt)), Field("interfaces", .texts(interfaces)),
            Field("missing_devices", .texts(missingDevices)),
            // Without a supervisor what happens while the agent is down becomes stated loss.
            Field("sockets_are_kept", .truth(socketsAreKept)), Field("live_sessions", .number(liveSessions)),
            Field("events", .number(events)), Field("events_suppressed", .number(eventsSuppressed)),
            Field("events_lost", .number(eventsLost)), Field("records", .number(records)),
            Field("malformed_messages", .number(malformedMessages)), Field("repairs", .number(repairs)),
            Field("last_drift", .text(lastDrift)), Field("problems", .texts(problems)),
            Field("notes", .texts(notes ?? [])),
            Field("undelivered", .text(undelivered)),
        ]
    }
}

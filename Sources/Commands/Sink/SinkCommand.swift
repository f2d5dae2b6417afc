import ArgumentParser
import Link
import Model
import Records
import Terminal

struct SinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sink",
        abstract: "Where a host ships what it records.",
        discussion: """
            Sinks stand under sinks: in the policy file, and a change of them is a revision as any other. A control plane keeps none yet: a
            host that it governs has none.

            Example: gatehouse sink list
            """,
        subcommands: [
            List.self, Show.self, Create.self, Test.self, Pause.self, Resume.self, Replay.self, Delete.self,
        ])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the sinks of the policy in force.",
            discussion: "Example: gatehouse sink list --output json",
            aliases: ["ls"])

        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            var writer = ListingWriter(SinkListing(), output.format)
            for report in try SinkCommand.reports(data) { writer.add(report) }
            writer.finish()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one sink: what keeps records from it, and what was lost.",
            discussion:
                "Exit code 3 where something keeps records from its receiver.\n\nExample: gatehouse sink show siem")

        @Argument(help: "The sink's name.")
        var name: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var data: DataOptions

        func run() throws {
            let reports = try SinkCommand.reports(data)
            guard let report = reports.first(where: { $0.name == name }) else {
                throw NotFound(
                    "sink \(name): there is none of this name; "
                        + Suggestion.mend(name, among: reports.map(\.name), none: "the policy names no sinks"))
            }
            ObjectWriter.write(SinkListing().fields(report), output.format)
            if report.problem != nil { throw ExitCode.no }
        }
    }

    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how a sink is made: by the policy file.",
            discussion: "Example: gatehouse sink create siem --kind syslog")

        @Argument(help: "The new sink's name.")
        var name: String
        @Option(help: "Its kind, such as syslog.")
        var kind = SinkKind.syslog.rawValue

        func run() throws {
            let kinds = SinkKind.allCases.map(\.rawValue)
            guard let kind = SinkKind(rawValue: kind) else {
                throw ValidationError(
                    "--kind \(kind): there is no such kind; \(Suggestion.mend(kind, among: kinds, none: "write syslog"))"
                )
            }
            var words = "{name: \(name), kind: \(kind.rawValue), url: \"\(kind.example)\", send: [events, audit]"
            for setting in kind.needs.map(\.rawValue).sorted() { words += ", \(setting): …" }
            throw MadeByPolicy(
                "sink \(name): the policy file makes sinks. Put this under sinks: and run `gatehouse apply`:\n  - \(words)}"
            )
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say how a sink is removed: by the policy file.",
            discussion: "Example: gatehouse sink delete siem", aliases: ["rm"])

        @Argument(help: "The sink's name.")
        var name: String

        func run() throws {
            throw MadeByPolicy(
                "sink \(name): the policy file makes sinks. Take it out of sinks: and run `gatehouse apply`; its place is "
                    + "forgotten then, its dead letters stay in sinks/\(name).refused.jsonl of the data folder")
        }
    }

    // MARK: What an agent is asked

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send a record of action \"test\" and say what became of it.",
            discussion: "Example: gatehouse sink test siem")

        @Argument(help: "The sink's name.")
        var name: String
        @OptionGroup var data: DataOptions

        func run() throws { try SinkCommand.ask(.test, of: name, data) }
    }

    struct Pause: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing until the sink is resumed, also across a restart.",
            discussion:
                "What is recorded waits in the host's own files, as long as these keep it.\n\nExample: gatehouse sink pause siem"
        )

        @Argument(help: "The sink's name.")
        var name: String
        @OptionGroup var data: DataOptions

        func run() throws { try SinkCommand.ask(.pause, of: name, data) }
    }

    struct Resume: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on where the sink was paused, or try one that is held at once.",
            discussion: "Example: gatehouse sink resume siem")

        @Argument(help: "The sink's name.")
        var name: String
        @OptionGroup var data: DataOptions

        func run() throws { try SinkCommand.ask(.resume, of: name, data) }
    }

    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send again what the receiver refused for good.",
            discussion: "Example: gatehouse sink replay siem")

        @Argument(help: "The sink's name.")
        var name: String
        @OptionGroup var data: DataOptions

        func run() throws { try SinkCommand.ask(.replay, of: name, data) }
    }

    private static func reports(_ data: DataOptions) throws -> [SinkReport] {
        guard case .sinks(let reports) = try AgentClient(data.folder).ask(.sinks) else { throw NotFound.otherVersion }
        return reports
    }

    private static func ask(_ request: SinkRequest, of name: String, _ data: DataOptions) throws {
        guard case .said(let words) = try AgentClient(data.folder).ask(.sink(name: name, request)) else {
            throw NotFound.otherVersion
        }
        print(words)
    }
}

/// A change that the policy file makes, and no command.
private struct MadeByPolicy: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// How sinks are listed.
struct SinkListing: Listing {
    let columns = [
        TableColumn("SINK"), TableColumn("KIND"), TableColumn("URL"), TableColumn("SEND"), TableColumn("STATE"),
        TableColumn("TAKEN"), TableColumn("REFUSED"), TableColumn("LOST"), TableColumn("PROBLEM"),
    ]

    func cells(_ row: SinkReport) -> [String] {
        [
            row.name, row.kind.rawValue, row.url, row.sources.map(\.rawValue).joined(separator: ", "),
            row.state.rawValue, String(row.taken), String(row.refused), String(row.lost), row.problem ?? "",
        ]
    }

    let keys = [
        "name", "kind", "url", "send", "where", "format", "state", "problem", "taken_at", "taken", "refused",
        "dead_letters", "lost", "losses",
    ]

    func fields(_ row: SinkReport) -> [Field] {
        [
            Field("name", .text(row.name)), Field("kind", .text(row.kind.rawValue)), Field("url", .text(row.url)),
            Field("send", .texts(row.sources.map(\.rawValue))), Field("where", .text(row.filter)),
            Field("format", .text(row.format?.rawValue)), Field("state", .text(row.state.rawValue)),
            Field("problem", .text(row.problem)), Field("taken_at", .instant(row.takenAt)),
            Field("taken", .number(row.taken)), Field("refused", .number(row.refused)),
            Field("dead_letters", .number(row.deadLetters)), Field("lost", .number(row.lost)),
            Field("losses", .texts(row.losses)),
        ]
    }
}

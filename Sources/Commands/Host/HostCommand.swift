import ArgumentParser
import Model
import Registry
import Terminal

struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "The hosts of the control plane: take one in, list them, turn one away.",
        discussion: """
            A control plane is asked with --server, or where GATEHOUSE_SERVER names one; else the data folder on this machine.

            Example: gatehouse host list --server https://10.0.0.5:8440 --token-file ci.token
            """,
        subcommands: [Enrol.self, List.self, Revoke.self])

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a token with which a host of this name is enrolled once, within a day.",
            discussion: "Example: gatehouse host enrol node-1 > node-1.token")

        @Argument(help: "The host's name, as ports are bound to it.")
        var name: String
        @OptionGroup var asked: OperatingOptions

        func validate() throws {
            guard HostRecord.isName(name) else {
                throw ValidationError("\"\(name)\": a name of 1 to 255 characters without / is wanted")
            }
        }

        func run() async throws {
            let source = try asked.source()
            print(try await source.invite(name))
            Console.tell(
                "on \(name): gatehouse-agent --server \(source.address) --state DIR --enrol FILE --host \(name)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How each host does.", discussion: "Example: gatehouse host list --output json")

        @OptionGroup var output: OutputOptions
        @OptionGroup var asked: OperatingOptions

        func run() async throws {
            let rows = try await asked.source().hosts().map { try HostRow($0) }
            var writer = ListingWriter(HostListing(time: LocalTime(now: .now)), output.format)
            for row in rows { writer.add(row) }
            writer.finish()
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn a host away: it is told nothing more, and goes on with what it has.",
            discussion: "Example: gatehouse host revoke node-1")

        @Argument(help: "The host's name.")
        var name: String
        @OptionGroup var asked: OperatingOptions

        func validate() throws {
            guard HostRecord.isName(name) else { throw ValidationError("\"\(name)\": this is no host's name") }
        }

        func run() async throws { try await asked.source().revoke(name) }
    }
}

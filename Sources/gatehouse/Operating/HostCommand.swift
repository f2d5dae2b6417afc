import ArgumentParser
import Foundation
import Link
import Model
import Registry
import Server

struct HostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "The hosts of the control plane: take one in, list them, turn one away.",
        discussion: "Example: gatehouse host enrol node-1 > node-1.token",
        subcommands: [Enrol.self, List.self, Revoke.self])

    struct Enrol: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a token with which a host of this name is enrolled once, within a day.",
            discussion: "Example: gatehouse host enrol node-1 > node-1.token")

        @Argument(help: "The host's name, as ports are bound to it.")
        var name: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            guard !name.isEmpty, !name.contains("/"), name.utf8.count <= 255 else {
                throw ValidationError("\"\(name)\": a name of 1 to 255 characters without / is wanted")
            }
            let fingerprint = try server.folder.authorityFingerprint()
            let host = name
            let token = try await server.registry().change(by: server.actor("host.invite")) { change in
                try change.makeEnrolmentToken(host: host)
            }
            print("\(token).\(fingerprint)")
            Console.tell("on \(name): gatehouse-agent --server https://… --state DIR --enrol FILE --host \(name)")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How each host does.", discussion: "Example: gatehouse host list --output json")

        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let now = Timestamp.now.nanoseconds
            let hosts = try await server.registry().read { try Hosts.all($0) }
            var writer = ListingWriter(HostListing(time: LocalTime(now: .now), now: now), output.format)
            for host in hosts { writer.add(host) }
            writer.finish()
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn a host away: it is told nothing more, and goes on with what it has.",
            discussion: "Example: gatehouse host revoke node-1")

        @Argument(help: "The host's name.")
        var name: String
        @OptionGroup var server: ServerOptions

        func run() async throws {
            let wanted = name
            try await server.registry().change(by: server.actor("host.revoke")) { change in
                guard let host = try Hosts.named(wanted, in: change.database) else {
                    throw RegistryError.notFound(.host, wanted)
                }
                try change.revoke(host)
            }
        }
    }
}

/// How hosts are listed.
struct HostListing: Listing {
    let time: LocalTime
    let now: Int64

    let columns = [
        TableColumn("HOST"), TableColumn("STATE"), TableColumn("SEEN"), TableColumn("WANTED", isNumber: true),
        TableColumn("IN FORCE", isNumber: true), TableColumn("CLOCK AHEAD"), TableColumn("WHY"),
    ]

    func cells(_ row: HostRecord) -> [String] {
        [
            row.name, row.state(at: now, patience: HostRecord.patience).rawValue,
            row.lastSeenAt.map { time.text(Timestamp(nanoseconds: $0), fractionDigits: 0) } ?? "",
            "\(row.wantedRevision)", "\(row.appliedRevision)",
            row.clockOffset.map { "\($0 / 1_000_000) ms" } ?? "", row.failure ?? "",
        ]
    }

    let keys = [
        "name", "state", "enrolled_at", "last_seen_at", "wanted_revision", "applied_revision", "clock_offset_ns",
        "failure",
    ]

    func fields(_ row: HostRecord) -> [Field] {
        [
            Field("name", .text(row.name)),
            Field("state", .text(row.state(at: now, patience: HostRecord.patience).rawValue)),
            Field("enrolled_at", .instant(Timestamp(nanoseconds: row.enrolledAt))),
            Field("last_seen_at", .instant(row.lastSeenAt.map { Timestamp(nanoseconds: $0) })),
            Field("wanted_revision", .number(row.wantedRevision)),
            Field("applied_revision", .number(row.appliedRevision)),
            Field("clock_offset_ns", .number(row.clockOffset)), Field("failure", .text(row.failure)),
        ]
    }
}

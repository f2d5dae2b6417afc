import ArgumentParser
import Foundation
import NIOHTTP1
import Records
import Terminal

struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collector",
        abstract: "Where flow records go: the control plane's flow-log collectors.",
        discussion: """
            The finest target has an interface's records: the interface, then its instance, its subnet, its VPC. A suspended
            collector still keeps the interface from coarser ones; `list --interface ID` says so.

            Example: gatehouse collector list --server https://10.0.0.5:8440 --token-file ci.token
            """,
        subcommands: [List.self, Show.self, Create.self, Update.self, Delete.self, Test.self])

    private static let collection = "flow_log_collectors"

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List collectors; with --interface the one that has its records.",
            discussion:
                "Example: gatehouse collector list --interface ID --server https://10.0.0.5:8440 --token-file ci.token")

        @Option(help: "The id of an interface.")
        var interface: String?
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let id = try interface.map { text in
                guard let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", "_"]))
                else { throw ValidationError("--interface \(text): this is no id") }
                return encoded
            }
            let query = id.map { "&gatehouse.interface=\($0)" } ?? ""
            let rows = try await server.client().all(collection, query, as: CollectorRow.self)
            CollectorListing.write(rows, output.format)
            for note in rows.compactMap(\.gatehouse?.note) { Console.tell(note) }
            if interface != nil, rows.isEmpty {
                Console.tell("no collector covers the interface: its records are not delivered")
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one collector.",
            discussion:
                "Example: gatehouse collector show whole -o json --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The collector's name or id.")
        var name: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let row = try await server.client().find(name, in: collection, as: CollectorRow.self)
            CollectorListing.write([row], output.format)
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a collector of a VPC, subnet, instance or interface.",
            discussion:
                "Example: gatehouse collector create whole --target VPC-ID --bucket flowlogs --server https://10.0.0.5:8440 --token-file ci.token"
        )

        @Argument(help: "The new collector's name.")
        var name: String
        @Option(help: "The id of a VPC, subnet, instance or interface, which has no collector yet.")
        var target: String
        @Option(help: "The name of a bucket: gatehouse bucket list.")
        var bucket: String
        @Flag(help: "Deliver nothing until it is resumed.")
        var suspended = false
        @OptionGroup var settings: CollectorSettings
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let row = try await server.client().make(
                collection,
                [
                    "name": name, "target": ["id": target], "storage_bucket": ["name": bucket], "active": !suspended,
                    "gatehouse": try settings.body(),
                ], as: CollectorRow.self)
            CollectorListing.write([row], output.format)
        }
    }

    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change how a collector delivers, suspend or resume it; its target and bucket never change.",
            discussion:
                "Example: gatehouse collector update whole --format aws --fields version,srcaddr,dstaddr --server https://10.0.0.5:8440 --token-file ci.token"
        )

        @Argument(help: "The collector's name or id.")
        var name: String
        @Flag(help: "Whether it delivers.")
        var state: CollectorState?
        @OptionGroup var settings: CollectorSettings
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let client = try server.client()
            let row = try await client.find(name, in: collection, as: CollectorRow.self)
            var body: [String: Any] = ["gatehouse": try settings.body()]
            if let state { body["active"] = state == .resume }
            let changed = try await client.change(collection, row.id, body, as: CollectorRow.self)
            CollectorListing.write([changed], output.format)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a collector; what it has delivered stays.",
            discussion:
                "Example: gatehouse collector delete whole --server https://10.0.0.5:8440 --token-file ci.token",
            aliases: ["rm"])

        @Argument(help: "The collector's name or id.")
        var name: String
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let client = try server.client()
            let row = try await client.find(name, in: collection, as: CollectorRow.self)
            try await client.delete(collection, row.id)
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Have the hosts put an object into a collector's bucket and take it away again; exit code 3 says that it failed.",
            discussion: "Example: gatehouse collector test whole --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The collector's name or id.")
        var name: String
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let client = try server.client()
            let row = try await client.find(name, in: collection, as: CollectorRow.self)
            let bytes = try await client.client.send(.POST, "/api/buckets/\(row.storageBucket.name)/test")
            let answer = try VPCClient.decode(BucketTest.self, bytes)
            guard let fault = answer.fault else {
                print("collector \(row.name): \(answer.success)")
                if !row.active { Console.tell("the collector is suspended: it delivers nothing") }
                return
            }
            Console.tell("collector \(row.name): bucket \(answer.bucket.name): \(fault)")
            throw ExitCode.no
        }
    }
}

/// A collector, as the control plane tells it.
struct CollectorRow: Decodable, Sendable, Named {
    static let noun = "collector"

    struct Own: Decodable, Sendable {
        let format: String
        /// The columns of AWS's lines.
        let fields: [String]?
        /// Seconds.
        let interval: Int
        /// What the collector means for the interface that was asked for.
        let note: String?
    }

    struct Bucket: Decodable, Sendable { let name: String }

    let id: String
    let name: String
    let active: Bool
    let storageBucket: Bucket
    let target: ObjectReference
    let vpc: ObjectReference
    let gatehouse: Own?
}

/// How collectors are listed.
struct CollectorListing: Listing {
    let columns = [
        TableColumn("COLLECTOR"), TableColumn("STATE"), TableColumn("VPC"), TableColumn("TARGET"),
        TableColumn("BUCKET"), TableColumn("FORMAT"), TableColumn("EVERY", isNumber: true), TableColumn("ID"),
    ]

    func cells(_ row: CollectorRow) -> [String] {
        // An instance's reference bears no type: it is the only one.
        let target = "\(row.target.resourceType ?? "instance") \(row.target.name)"
        return [
            row.name, row.active ? "active" : "suspended", row.vpc.name, target, row.storageBucket.name,
            row.gatehouse?.format ?? "", row.gatehouse.map { "\($0.interval)s" } ?? "", row.id,
        ]
    }

    let keys = [
        "id", "name", "active", "vpc", "target_type", "target", "target_id", "bucket", "format", "fields", "interval",
        "note",
    ]

    func fields(_ row: CollectorRow) -> [Field] {
        [
            Field("id", .text(row.id)), Field("name", .text(row.name)), Field("active", .truth(row.active)),
            Field("vpc", .text(row.vpc.name)), Field("target_type", .text(row.target.resourceType ?? "instance")),
            Field("target", .text(row.target.name)), Field("target_id", .text(row.target.id)),
            Field("bucket", .text(row.storageBucket.name)),
            Field("format", .text(row.gatehouse?.format)), Field("fields", .texts(row.gatehouse?.fields ?? [])),
            Field("interval", .number(row.gatehouse?.interval)),
            Field("note", .text(row.gatehouse?.note)),
        ]
    }

    static func write(_ rows: [CollectorRow], _ format: OutputFormat) {
        var writer = ListingWriter(CollectorListing(), format)
        for row in rows { writer.add(row) }
        writer.finish()
    }
}

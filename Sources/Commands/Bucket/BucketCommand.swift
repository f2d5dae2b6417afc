import ArgumentParser
import Buckets
import Foundation
import NIOHTTP1
import Records
import Terminal

struct BucketCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bucket",
        abstract: "The places that collectors may fill, which administrators name.",
        discussion: "Example: gatehouse bucket list --server https://10.0.0.5:8440 --token-file ci.token",
        subcommands: [List.self, Show.self, Create.self, Credentials.self, Allow.self, Deny.self, Delete.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the project's buckets and those that are for all.",
            discussion: "Example: gatehouse bucket list -o json --server https://10.0.0.5:8440 --token-file ci.token")

        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws { BucketListing.write(try await BucketRow.all(try server.client()), output.format) }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one bucket.",
            discussion: "Example: gatehouse bucket show flowlogs --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The bucket's name.")
        var name: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let rows = try await BucketRow.all(try server.client()).filter { $0.name == name }
            guard !rows.isEmpty else { throw NotFound("bucket \(name): there is none of this name") }
            BucketListing.write(rows, output.format)
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name a folder or a bucket of an S3 service as a bucket.",
            discussion:
                "Example: gatehouse bucket create flowlogs file:/srv/flowlogs --server https://10.0.0.5:8440 --token-file ci.token"
        )

        @Argument(help: "The new bucket's name: 3 to 63 of a-z, 0-9, - and .")
        var name: String
        @Argument(help: "file:FOLDER, absolute or within the data folder of who writes, or s3://BUCKET?endpoint=URL.")
        var url: String
        @Option(
            help:
                "A file of mode 0600 with access_key and secret_key: sealed by the server, told to hosts that need them."
        )
        var credentialsFile: String?
        @Flag(help: "For all projects, not for the token's alone.")
        var shared = false
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            var bucket: [String: Any] = ["name": name, "url": url, "shared": shared]
            if let credentialsFile { bucket.merge(try CredentialStore.read(credentialsFile).values) { $1 } }
            let body = ["bucket": bucket]
            let bytes = Array(try JSONSerialization.data(withJSONObject: body))
            let answer = try await server.client().client.send(.POST, "/api/buckets", bytes)
            BucketListing.write([try VPCClient.decode(BucketAnswer.self, answer).bucket], output.format)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a bucket that no collector fills; what lies in it stays.",
            discussion:
                "Example: gatehouse bucket delete flowlogs --server https://10.0.0.5:8440 --token-file ci.token",
            aliases: ["rm"])

        @Argument(help: "The bucket's name.")
        var name: String
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            guard !name.contains("/") else { throw ValidationError("\"\(name)\": this is no bucket's name") }
            _ = try await server.client().client.send(.DELETE, "/api/buckets/\(name)")
        }
    }
}

extension BucketCommand {
    struct Credentials: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a bucket of an S3 service other credentials.",
            discussion:
                "Example: gatehouse bucket credentials lab lab.keys --server https://10.0.0.5:8440 --token-file ci.token"
        )

        @Argument(help: "The bucket's name.")
        var name: String
        @Argument(help: "A file of mode 0600 with access_key and secret_key.")
        var file: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let body = ["bucket": try CredentialStore.read(file).values]
            let bytes = Array(try JSONSerialization.data(withJSONObject: body))
            let answer = try await server.client().client.send(.PATCH, "/api/buckets/\(name)", bytes)
            BucketListing.write([try VPCClient.decode(BucketAnswer.self, answer).bucket], output.format)
        }
    }

    struct Allow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open a bucket to other projects: their collectors may fill it.",
            discussion:
                "Example: gatehouse bucket allow flowlogs rival --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The bucket's name.")
        var name: String
        @Argument(help: "Names or ids of projects.")
        var projects: [String]
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            try await BucketRow.open(name, try server.client(), output.format) { $0 + projects }
        }
    }

    struct Deny: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a bucket to other projects; their collectors deliver nothing into it any more.",
            discussion:
                "Example: gatehouse bucket deny flowlogs rival --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The bucket's name.")
        var name: String
        @Argument(help: "Names of projects.")
        var projects: [String]
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            try await BucketRow.open(name, try server.client(), output.format) { open in
                if let stranger = projects.first(where: { !open.contains($0) }) {
                    throw NotFound("bucket \(name): it is not open to \(stranger)")
                }
                return open.filter { !projects.contains($0) }
            }
        }
    }
}

/// A bucket, as the control plane tells it.
struct BucketRow: Decodable, Sendable {
    let id: String
    let name: String
    let url: String
    let shared: Bool
    /// Whether the control plane has credentials for it.
    let credentials: Bool
    /// Whether it is the asking project's.
    let own: Bool
    /// The other projects that it is open to; told to its owner and administrators.
    let projects: [String]?

    private struct Opened: Decodable {
        struct Collector: Decodable {
            let name: String
            let project: String
        }

        let bucket: BucketRow
        let stoppedCollectors: [Collector]
    }

    /// Changes which projects a bucket is open to, and says which collectors that stops.
    static func open(
        _ name: String, _ client: VPCClient, _ format: OutputFormat, _ edit: ([String]) throws -> [String]
    ) async throws {
        let named = try await all(client).filter { $0.name == name }
        guard let row = named.first(where: \.own) ?? named.first else {
            throw NotFound("bucket \(name): there is none of this name")
        }
        let body = ["bucket": ["projects": try edit(row.projects ?? [])]]
        let bytes = Array(try JSONSerialization.data(withJSONObject: body))
        let answer = try VPCClient.decode(
            Opened.self, try await client.client.send(.PATCH, "/api/buckets/\(name)", bytes))
        BucketListing.write([answer.bucket], format)
        for collector in answer.stoppedCollectors {
            Console.tell("collector \(collector.name) of project \(collector.project) delivers nothing any more")
        }
    }

    private struct Answer: Decodable { let buckets: [BucketRow] }

    static func all(_ client: VPCClient) async throws -> [BucketRow] {
        try VPCClient.decode(Answer.self, try await client.client.send(.GET, "/api/buckets")).buckets
    }
}

private struct BucketAnswer: Decodable { let bucket: BucketRow }

/// What became of an object that was put into a bucket to try it.
struct BucketTest: Decodable, Sendable {
    let bucket: BucketRow
    /// What failed and how to mend it; nil when nothing did.
    let fault: String?
    /// `hosts`, which fill it, or the `server`, where none does yet.
    let testedBy: String
    let hosts: [Host]
    let hostsNotAsked: Int

    struct Host: Decodable, Sendable { let name: String }

    /// What was tried, in words.
    var success: String {
        let went = "an object went into bucket \(bucket.name) and out again"
        guard testedBy == "hosts" else { return "\(went) at the server; no host fills it yet, so none was asked" }
        let names = hosts.map(\.name).joined(separator: ", ")
        return "\(went) at \(names)" + (hostsNotAsked > 0 ? "; \(hostsNotAsked) further hosts were not asked" : "")
    }
}

/// How buckets are listed.
struct BucketListing: Listing {
    let columns = [TableColumn("BUCKET"), TableColumn("LOCATION"), TableColumn("FOR")]

    func cells(_ row: BucketRow) -> [String] { [row.name, row.url, Self.users(row)] }

    private static func users(_ row: BucketRow) -> String {
        if row.shared { return "all projects" }
        guard row.own else { return "another project's, open to this one" }
        return (["this project"] + (row.projects ?? [])).joined(separator: ", ")
    }

    let keys = ["id", "name", "url", "shared", "own", "credentials", "projects"]

    func fields(_ row: BucketRow) -> [Field] {
        [
            Field("id", .text(row.id)), Field("name", .text(row.name)), Field("url", .text(row.url)),
            Field("shared", .truth(row.shared)), Field("own", .truth(row.own)),
            Field("credentials", .truth(row.credentials)),
            Field("projects", row.projects.map { .texts($0) } ?? .absent),
        ]
    }

    static func write(_ rows: [BucketRow], _ format: OutputFormat) {
        var writer = ListingWriter(BucketListing(), format)
        for row in rows { writer.add(row) }
        writer.finish()
    }
}

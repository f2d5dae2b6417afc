import ArgumentParser
import Records
import Terminal

struct ACLCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "acl",
        abstract: "Network ACLs: ordered, stateless rules at the edge of subnets.",
        discussion: "Example: gatehouse acl list --server https://10.0.0.5:8440 --token-file ci.token",
        subcommands: [List.self, Show.self, Create.self, Delete.self])

    private static let collection = "network_acls"

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List network ACLs and the subnets that have them.",
            discussion: "Example: gatehouse acl list -o json --server https://10.0.0.5:8440 --token-file ci.token")

        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            var writer = ListingWriter(ACLListing(), output.format)
            for row in try await server.client().all(collection, as: ACLRow.self) { writer.add(row) }
            writer.finish()
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the rules of a network ACL, in the order that they are asked.",
            discussion: "Example: gatehouse acl show edge --server https://10.0.0.5:8440 --token-file ci.token")

        @Argument(help: "The ACL's name or id.")
        var name: String
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let row = try await server.client().find(name, in: collection, as: ACLRow.self)
            var writer = ListingWriter(ACLRuleListing(), output.format)
            for (place, rule) in row.rules.enumerated() { writer.add((place + 1, rule)) }
            writer.finish()
            Console.tell("what no rule of its direction matches is refused")
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a network ACL: without rules, which lets nothing through, or with those of another one.",
            discussion:
                "Example: gatehouse acl create edge --vpc VPC-ID --like default --server https://10.0.0.5:8440 --token-file ci.token"
        )

        @Argument(help: "The new ACL's name.")
        var name: String
        @Option(help: "The id of the VPC whose subnets may have it.")
        var vpc: String
        @Option(help: "The name or id of the ACL whose rules are copied.")
        var like: String?
        @OptionGroup var output: OutputOptions
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let client = try server.client()
            var body: [String: Any] = ["name": name, "vpc": ["id": vpc]]
            if let like {
                body["source_network_acl"] = ["id": try await client.find(like, in: collection, as: ACLRow.self).id]
            }
            var writer = ListingWriter(ACLListing(), output.format)
            writer.add(try await client.make(collection, body, as: ACLRow.self))
            writer.finish()
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a network ACL that no subnet has.",
            discussion: "Example: gatehouse acl delete edge --server https://10.0.0.5:8440 --token-file ci.token",
            aliases: ["rm"])

        @Argument(help: "The ACL's name or id.")
        var name: String
        @OptionGroup var server: ManagingOptions

        func run() async throws {
            let client = try server.client()
            try await client.delete(collection, try await client.find(name, in: collection, as: ACLRow.self).id)
        }
    }
}

/// A network ACL, as the control plane tells it.
struct ACLRow: Decodable, Sendable, Named {
    static let noun = "network ACL"

    struct Rule: Decodable, Sendable {
        let id: String
        let name: String
        let action: String
        let direction: String
        let `protocol`: String
        let source: String
        let destination: String
        let sourcePortMin: Int?
        let sourcePortMax: Int?
        let destinationPortMin: Int?
        let destinationPortMax: Int?
        let type: Int?
        let code: Int?

        /// `tcp/443`, `icmp/8/0`, `any`.
        var service: String {
            let parts = [
                Self.ports(destinationPortMin, destinationPortMax), type.map(String.init), code.map(String.init),
            ]
            return ([`protocol`] + parts.compactMap { $0 }).joined(separator: "/")
        }

        var sourcePorts: String? { Self.ports(sourcePortMin, sourcePortMax) }

        private static func ports(_ low: Int?, _ high: Int?) -> String? {
            guard let low, let high, (low, high) != (1, 65_535) else { return nil }
            return low == high ? "\(low)" : "\(low)-\(high)"
        }
    }

    let id: String
    let name: String
    let vpc: ObjectReference
    let rules: [Rule]
    let subnets: [ObjectReference]
}

/// How network ACLs are listed.
struct ACLListing: Listing {
    let columns = [
        TableColumn("ACL"), TableColumn("VPC"), TableColumn("RULES", isNumber: true), TableColumn("SUBNETS"),
        TableColumn("ID"),
    ]

    func cells(_ row: ACLRow) -> [String] {
        [row.name, row.vpc.name, "\(row.rules.count)", row.subnets.map(\.name).joined(separator: " "), row.id]
    }

    let keys = ["id", "name", "vpc", "rules", "subnets"]

    func fields(_ row: ACLRow) -> [Field] {
        [
            Field("id", .text(row.id)), Field("name", .text(row.name)), Field("vpc", .text(row.vpc.name)),
            Field("rules", .number(row.rules.count)), Field("subnets", .texts(row.subnets.map(\.name))),
        ]
    }
}

/// How the rules of one are.
struct ACLRuleListing: Listing {
    let columns = [
        TableColumn("PLACE", isNumber: true), TableColumn("RULE"), TableColumn("ACTION"), TableColumn("WAY"),
        TableColumn("SOURCE"), TableColumn("TARGET"), TableColumn("SERVICE"), TableColumn("ID"),
    ]

    func cells(_ row: (place: Int, rule: ACLRow.Rule)) -> [String] {
        let rule = row.rule
        let ports = rule.sourcePorts.map { " port \($0)" } ?? ""
        return [
            "\(row.place)", rule.name, rule.action, rule.direction, rule.source + ports, rule.destination, rule.service,
            rule.id,
        ]
    }

    let keys = ["place", "id", "name", "action", "direction", "source", "source_ports", "destination", "service"]

    func fields(_ row: (place: Int, rule: ACLRow.Rule)) -> [Field] {
        let rule = row.rule
        return [
            Field("place", .number(row.place)), Field("id", .text(rule.id)), Field("name", .text(rule.name)),
            Field("action", .text(rule.action)), Field("direction", .text(rule.direction)),
            Field("source", .text(rule.source)), Field("source_ports", .text(rule.sourcePorts)),
            Field("destination", .text(rule.destination)), Field("service", .text(rule.service)),
        ]
    }
}

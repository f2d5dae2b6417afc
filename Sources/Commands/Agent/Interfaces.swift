import ArgumentParser
import Link
import Model
import Records
import Terminal

struct Interfaces: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How each interface of the policy hangs on this host, and ports of bridges that none claims.",
        discussion: """
            attachment is own (a routed device), bridged (a port of a bridge, judged there), not-enforceable or missing. refused
            counts the frames that a bridge's port stage dropped, each by one kind.

            Example: gatehouse interfaces --output json
            """)

    @Flag(help: "Only ports of bridges that no interface claims.")
    var unbound = false

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        guard case .interfaces(let states) = try AgentClient(data.folder).ask(.interfaces) else {
            throw NotFound.otherVersion
        }
        var writer = ListingWriter(InterfaceListing(), output.format)
        for state in states where !unbound || state.interface.isEmpty { writer.add(state) }
        writer.finish()
    }
}

/// How interfaces are listed.
struct InterfaceListing: Listing {
    let columns = [
        TableColumn("INTERFACE"), TableColumn("VPC"), TableColumn("DEVICE"), TableColumn("ATTACHMENT"),
        TableColumn("BRIDGE"), TableColumn("ADDRESSES"), TableColumn("GROUPS"), TableColumn("IN FORCE"),
        TableColumn("REFUSED"), TableColumn("PROBLEM"),
    ]

    func cells(_ row: InterfaceState) -> [String] {
        [
            row.interface, row.vpc, row.device ?? "", row.attachment.rawValue, row.bridge ?? "",
            row.addressTexts.joined(separator: ", "), row.groups.joined(separator: ", "),
            row.isInForce ? "yes" : "no",
            row.refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
            row.problem ?? "",
        ]
    }

    let keys = [
        "interface", "vpc", "device", "attachment", "bridge", "mac", "addresses", "groups", "in_force", "problem",
        "refused",
    ]

    func fields(_ row: InterfaceState) -> [Field] {
        [
            Field("interface", .text(row.interface)), Field("vpc", .text(row.vpc)), Field("device", .text(row.device)),
            Field("attachment", .text(row.attachment.rawValue)), Field("bridge", .text(row.bridge)),
            Field("mac", .text(row.mac?.description)), Field("addresses", .texts(row.addressTexts)),
            Field("groups", .texts(row.groups)), Field("in_force", .truth(row.isInForce)),
            Field("problem", .text(row.problem)),
            Field(
                "refused",
                .object(row.refused.sorted { $0.key < $1.key }.map { Field($0.key, .number($0.value)) })),
        ]
    }
}

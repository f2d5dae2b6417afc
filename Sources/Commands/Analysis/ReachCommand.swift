import Analysis
import ArgumentParser
import Link
import Model
import Terminal

struct ReachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reach",
        abstract: "Everything that a policy accepts, of all packets, between which ends.",
        discussion: """
            An end is an interface, or a prefix: of a prefix those addresses that no interface has. What is not listed is \
            refused. An answer that is refused means a session of which nothing comes back.

            Example: gatehouse reach -f shop.yaml --to db-1
            """)

    @Option(name: .shortAndLong, help: "The policy file (default: the latest revision of this host).")
    var file: String?

    @Option(help: "Only from this: instance/interface, an instance, group:NAME, an address, or outside.")
    var from: String?

    @Option(help: "Only to this, likewise.")
    var to: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let policy = try file.map { try PolicySource.load($0, "--file") } ?? PolicySource.latest(data).policy
        let (source, target) = (try choice(from, "--from", policy), try choice(to, "--to", policy))
        var reach = Reach(policy.inForce(at: .now))
        let boxes = reach.boxes(from: source, to: target)
        let listing = BoxListing<Verdict>(key: "verdict", word: Wording.verdict)
        var writer = ListingWriter(listing, output.format)
        for row in BoxListing.rows(boxes, isTable: output.format == .table) { writer.add(row) }
        writer.finish()
        if boxes.isEmpty { Console.tell("nothing is accepted") }
    }

    private func choice(_ name: String?, _ option: String, _ policy: Policy) throws -> EndChoice? {
        guard let name else { return nil }
        guard let choice = EndChoice(name, in: policy) else {
            let known = policy.placements.prefix(5).map(\.label).joined(separator: ", ")
            throw NotFound(
                "\(option) \"\(name)\": no interface, instance or group of the policy; write one of \(known), "
                    + "group:NAME, an interface's address, or outside")
        }
        return choice
    }
}

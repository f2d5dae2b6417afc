import Analysis
import Archive
import ArgumentParser
import Link
import Model
import Policy
import Terminal

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract:
            "What a policy file would change: its objects, and exactly which packets are newly accepted or refused.",
        discussion: """
            Nothing is changed and no agent is asked. Data formats have the packets alone, what else there is to say stands on \
            standard error. Exit code 3 where an assertion of the file does \
            not hold, or packets change in a way that --allow does not name.

            Example: gatehouse plan -f shop.yaml --against shop.old.yaml
            """)

    @Option(name: .shortAndLong, help: "The policy file.")
    var file: String

    @Option(help: "The policy file to compare with (default: the latest revision of this host).")
    var against: String?

    @Option(
        help: ArgumentHelp(
            "Changes of packets that are no reason for exit code 3, with commas between: "
                + PacketChange.allCases.map(\.rawValue).joined(separator: ", ") + ", or none."))
    var allow: String?

    @Option(help: "Also tell which flow records of the archive in this folder would be decided otherwise.")
    var archive: String?

    @Option(help: "With --archive: only records that end from this time on, as 1d, or RFC 3339.")
    var since: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        _ = try allowed()
        _ = try ReplayOptions.time(since)
        if since != nil, archive == nil {
            throw ValidationError("--since: of an archive's records; name it with --archive DIR")
        }
    }

    func run() throws {
        let former =
            try against.map { try PolicySource.revision(PolicySource.load($0, "--against"), after: .none, origin: $0) }
            ?? PolicySource.latest(data)
        let next = PolicySource.revision(try PolicySource.load(file, "--file"), after: former, origin: file)
        let objects = PolicyDifference(from: former.policy, to: next.policy)
        let packets = PacketDifference(from: former.policy.inForce(at: .now), to: next.policy.inForce(at: .now))
        let isTable = output.format == .table
        for line in objects.lines {
            isTable ? print(Console.paint(line.text, line.kind.colour)) : Console.tell(line.text)
        }
        let listing = BoxListing<PacketChange>(key: "change") { $0.rawValue }
        if !isTable || !packets.boxes.isEmpty {
            var writer = ListingWriter(listing, output.format)
            for row in BoxListing.rows(packets.boxes, isTable: isTable) { writer.add(row) }
            writer.finish()
        }
        let verdict = packets.boxes.isEmpty ? "no packet is judged otherwise" : packets.summary
        isTable ? print("\(objects.summary); \(verdict)") : Console.tell("\(objects.summary); \(verdict)")
        try tellFlows(next, isTable)
        let broken = BrokenAssertions.lines(next.policy)
        for line in broken { isTable ? print(Console.paint(line, .red)) : Console.tell(line) }
        if !broken.isEmpty { throw ExitCode.no }
        if let allowed = try allowed(), packets.boxes.contains(where: { !allowed.contains($0.word) }) {
            throw ExitCode.no
        }
    }

    /// Says which recorded flows would be decided otherwise, where an archive is named.
    private func tellFlows(_ next: Revision, _ isTable: Bool) throws {
        guard let archive else { return }
        let folder = try ReplayOptions.folder(archive)
        var replay = ArchiveReplay(
            folder, Replay(next.with(policy: next.policy.inForce(at: .now))), since: try ReplayOptions.time(since))
        var summary = ReplaySummary()
        try replay.run { summary.add($0) }
        for line in summary.lines(LocalTime(now: .now)) { isTable ? print(line) : Console.tell(line) }
        for line in replay.counts.lines { Console.tell(line) }
        for file in replay.unreadable { Console.tell("gatehouse: \(folder.path)/\(file.file): \(file.error)") }
        if !replay.unreadable.isEmpty { throw ExitCode.failure }
    }

    /// The changes that are no reason for concern; nil where nobody asks.
    private func allowed() throws -> Set<PacketChange>? {
        guard let allow else { return nil }
        if allow == "none" { return [] }
        return try Set(
            allow.split(separator: ",", omittingEmptySubsequences: false).map { word in
                guard let change = PacketChange(rawValue: word.trimmingPrefix { $0 == " " }.description) else {
                    let words = PacketChange.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("--allow \(word): give some of \(words), or none")
                }
                return change
            })
    }
}

extension PacketDifference {
    /// `2 boxes newly accepted, 1 newly refused`.
    fileprivate var summary: String {
        PacketChange.allCases.compactMap { change in
            let count = boxes.count { $0.word == change }
            guard count > 0 else { return nil }
            let words =
                switch change {
                case .accepted: "newly accepted"
                case .refused: "newly refused"
                case .answerAccepted: "whose answers are newly let back"
                case .answerRefused: "whose answers are newly refused"
                }
            return "\(Wording.count(count, "kind")) of packets \(words)"
        }.joined(separator: ", ")
    }
}

import Analysis
import Archive
import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Which recorded flows a policy file would decide otherwise.",
        discussion: """
            Each record of the archive is asked about as the first packet of its session, at the end that recorded it. What the guard \
            decided is passed over: no policy changes it. Exit code 3 where a record that was accepted would be refused.

            Example: gatehouse replay -f shop.yaml --archive /var/lib/flows --since 1d
            """)

    @Option(name: .shortAndLong, help: "The policy file.")
    var file: String

    @Option(help: "The folder of the archive.")
    var archive: String

    @Option(help: "Only records that end from this time on: so long ago, as 15m or 2h, or RFC 3339.")
    var since: String?

    @OptionGroup var output: OutputOptions

    func validate() throws { _ = try ReplayOptions.time(since) }

    func run() throws {
        let folder = try ReplayOptions.folder(archive)
        let policy = try PolicySource.load(file, "--file")
        let revision = PolicySource.revision(policy, after: .none, origin: file)
        var replay = ArchiveReplay(
            folder, Replay(revision.with(policy: revision.policy.inForce(at: .now))),
            since: try ReplayOptions.time(since))
        var writer = ListingWriter(ReplayListing(time: LocalTime(now: .now)), output.format)
        var isRefusing = false
        try replay.run { change in
            isRefusing = isRefusing || change.now == .drop
            writer.add(change)
        }
        writer.finish()
        for line in replay.counts.lines { Console.tell(line) }
        for file in replay.unreadable { Console.tell("gatehouse: \(folder.path)/\(file.file): \(file.error)") }
        // What could not be read may hold anything.
        if !replay.unreadable.isEmpty { throw ExitCode.failure }
        if isRefusing { throw ExitCode.no }
    }
}

/// What commands say that replay an archive.
enum ReplayOptions {
    static func time(_ since: String?) throws -> Timestamp? {
        guard let since else { return nil }
        do {
            return try TimeText.time(since, now: .now)
        } catch {
            throw ValidationError("--since: \(error)")
        }
    }

    static func folder(_ path: String) throws -> ArchiveFolder {
        let folder = ArchiveFolder(path)
        guard folder.exists else {
            throw NotFound(
                "archive \(path): there is none; make one with `gatehouse import --archive \(path) FILE`")
        }
        return folder
    }
}

extension ArchiveReplay.Counts {
    /// What was asked, and of what nothing can be said.
    var lines: [String] {
        var lines = [
            "\(Wording.count(records, "record")) asked, of \(changed) something else would be decided"
        ]
        if ofGuard > 0 { lines.append("\(Wording.count(ofGuard, "record")) of the guard's decisions passed over") }
        if unknown > 0 {
            lines.append("\(Wording.count(unknown, "record")) without address, port or verdict: not judged")
        }
        if ofNobody > 0 {
            lines.append("\(Wording.count(ofNobody, "record")) of no interface of the policy: not judged")
        }
        return lines
    }
}

/// How records are listed of which something else would be decided.
struct ReplayListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("LAST SEEN"), TableColumn("INTERFACE"), TableColumn("WAY"), TableColumn("FROM"), TableColumn("TO"),
        TableColumn("SERVICE"), TableColumn("WAS"), TableColumn("WOULD BE"), TableColumn("BY"),
        TableColumn("BYTES", isNumber: true),
    ]

    func cells(_ row: ArchiveReplay.Change) -> [String] {
        [
            time.text(row.end), row.interface ?? "-", row.direction?.rawValue ?? "-", row.key.initiator.description,
            row.key.target.description, Wording.service(row.key), Wording.verdict(row.recorded),
            Wording.verdict(row.now), row.rule?.text ?? "-", Wording.bytes(row.bytes),
        ]
    }

    let keys = [
        "id", "interface", "direction", "initiator_ip", "initiator_port", "target_ip", "target_port", "protocol",
        "icmp_type", "icmp_code", "verdict", "replayed_verdict", "replayed_stage", "replayed_rule", "packets", "bytes",
        "start", "end",
    ]

    func fields(_ row: ArchiveReplay.Change) -> [Field] {
        let (key, isICMP) = (row.key, row.key.transport.isICMP)
        return [
            Field("id", .text(row.id)), Field("interface", .text(row.interface)),
            Field("direction", .text(row.direction?.rawValue)), Field("initiator_ip", .text(key.initiator.description)),
            Field("initiator_port", isICMP ? .absent : .number(key.initiatorPort)),
            Field("target_ip", .text(key.target.description)),
            Field("target_port", isICMP ? .absent : .number(key.targetPort)),
            Field("protocol", .text(key.transport.description)), Field("icmp_type", .number(key.icmpType)),
            Field("icmp_code", .number(key.icmpCode)), Field("verdict", .text(row.recorded.rawValue)),
            Field("replayed_verdict", .text(row.now.rawValue)),
            Field("replayed_stage", .text(row.rule?.stage.rawValue)), Field("replayed_rule", .text(row.rule?.text)),
            Field("packets", .number(row.packets)), Field("bytes", .number(row.bytes)),
            Field("start", .instant(row.start)), Field("end", .instant(row.end)),
        ]
    }
}

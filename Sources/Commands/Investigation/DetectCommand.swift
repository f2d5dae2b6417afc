import Archive
import ArgumentParser
import Investigation
import Model
import Sigma
import Terminal

struct DetectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect",
        abstract: "Finds scans, tried passwords, beacons and the like in an archive.",
        discussion: """
            Example: gatehouse detect --archive /var/lib/flows --output jsonl

            With --rules, Sigma rules are asked in place of the built-in detections. Each finding is told once, with the records that show it. What the answer leaves out is told on standard error.
            """)

    @Option(help: "The archive's folder.")
    var archive: String

    @Option(help: "Tell of all traffic with the addresses in this file: plain, CSV, STIX 2.1 or MISP.")
    var listed: String?

    @Option(
        name: .customLong("local"),
        help: "A prefix that is the network's own beside private ones; may stand several times.")
    var own: [String] = []

    @Option(help: "Ask the Sigma rules in this folder, or file, in place of what is built in.")
    var rules: String?

    @OptionGroup var range: DetectionRange
    @OptionGroup var output: OutputOptions

    func validate() throws {
        _ = try locality()
        if rules != nil, listed != nil { throw ValidationError("--rules and --listed: give one of them") }
    }

    private func locality() throws -> Locality {
        Locality(
            try own.map { text in
                do throws(IPPrefix.ParseError) {
                    return try IPPrefix(parsing: text)
                } catch {
                    switch error {
                    case .malformed:
                        throw ValidationError("--local \(text): it is no prefix; write one such as 203.0.113.0/24")
                    case .lengthOutOfRange(let maximum):
                        throw ValidationError("--local \(text): the length is beyond \(maximum); write 0 to \(maximum)")
                    case .hostBitsSet(let network):
                        throw ValidationError("--local \(text): bits beyond the length are set; write \(network)")
                    }
                }
            })
    }

    func run() throws {
        let folder = ArchiveFolder(archive)
        guard folder.exists else {
            throw NotFound(
                "archive \(archive): there is none; make one with `gatehouse import --archive \(archive) FILE`")
        }
        let span = try range.microseconds()
        if let rules { return try ask(try SigmaRules(path: rules), folder, span) }
        let detector = Detector(
            locality: try locality(), listed: try listed.map { path in try ListReader.read(file: path) })
        var names = Names()
        let stream = RecordStream(folder, since: span.since, until: span.until)
        let account = try stream.forEach(&names) { flow, _ in detector.take(flow) }
        var writer = ListingWriter(DetectionListing(archive: archive), output.format)
        for finding in detector.finish(names) { writer.add(finding) }
        writer.finish()
        for sentence in DetectionWords(account: account, detector: detector.account).sentences {
            Console.tell(sentence)
        }
    }
}

extension DetectCommand {
    /// Asks Sigma rules.
    private func ask(_ rules: SigmaRules, _ folder: ArchiveFolder, _ span: (since: Int64?, until: Int64?)) throws {
        var run = RuleRun(rules)
        var writer = ListingWriter(MatchListing(), output.format)
        let result = try RuleStream(folder, since: span.since, until: span.until).run(&run) { writer.add($0) }
        writer.finish()
        Console.tell("asked \(Wording.count(rules.count, "rule")) of \(Wording.count(result.records, "record"))")
        if run.refused > 0 { Console.tell("\(run.refused) further records were found and are not told") }
        for file in result.unreadable {
            Console.tell("gatehouse: \(file.file): \(file.error); its records are left out")
        }
    }
}

/// The span of time that records are taken from.
struct DetectionRange: ParsableArguments {
    @Option(help: "Records from this time on: so long ago, as 15m or 2h, or RFC 3339.")
    var since: String?

    @Option(help: "Records before this time, likewise.")
    var until: String?

    func validate() throws { _ = try microseconds() }

    /// Microseconds since 1970; nil where none is given.
    func microseconds() throws -> (since: Int64?, until: Int64?) {
        (
            try RangeOptions.time("--since", since)?.microseconds, try RangeOptions.time("--until", until)?.microseconds
        )
    }
}

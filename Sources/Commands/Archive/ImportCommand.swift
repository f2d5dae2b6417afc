import Archive
import ArgumentParser
import Import
import Packets
import Terminal

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Reads flow logs of others into an archive.",
        discussion: """
            Example: gatehouse import --archive /var/lib/flows vpcflowlogs/*.log.gz

            Files may be gzip or zstd. Captures (pcap, pcapng) become flows of both ways. What is there already is not added again, under whatever name it comes.
            """)

    @Option(help: "The archive's folder; it is made where there is none.")
    var archive: String

    @Option(help: "The format of all files (default: told from each file's first line): \(Self.formats).")
    var format: ImportFormat?

    @Option(help: "The columns of AWS lines without a heading, with blanks between.")
    var fields: String?

    @Option(help: "Seconds without a packet after which a flow of a capture is over.")
    var idle: Int?

    @Option(help: "Seconds after which a flow of a capture that goes on gets a further record.")
    var active: Int?

    @Argument(help: "Files to read; - is standard input.")
    var files: [String]

    private static let formats = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")

    private var meter: MeterSettings {
        var settings = MeterSettings()
        settings.idleSeconds = idle ?? settings.idleSeconds
        settings.activeSeconds = active ?? settings.activeSeconds
        return settings
    }

    func validate() throws {
        for (option, seconds) in [("--idle", idle), ("--active", active)] {
            guard let seconds else { continue }
            if let format, format != .pcap {
                throw ValidationError("\(option): \(format.rawValue) is no format of packets; they are of pcap alone")
            }
            guard MeterSettings.seconds.contains(seconds) else {
                let range = MeterSettings.seconds
                throw ValidationError("\(option) \(seconds): give \(range.lowerBound) to \(range.upperBound) seconds")
            }
        }
        if let fields {
            if let format, format != .aws {
                throw ValidationError("--fields: lines of \(format.rawValue) name their fields")
            }
            let names = fields.split(separator: " ")
            guard names.contains("start") else {
                throw ValidationError("--fields \"\(fields)\": there must be a column start")
            }
        }
    }

    func run() throws {
        let folder = ArchiveFolder(archive)
        let writer = try ArchiveWriter(folder, try ArchiveClaim.wait(folder))
        var importer = try Importer(
            folder, writer, format: format, fields: fields?.split(separator: " ").map(String.init),
            meter: meter)
        for file in files { try importer.read(file) }
        try importer.finish()
        let result = importer.result
        for complaint in result.complaints { Console.tell(complaint) }
        if result.badLines > result.complaints.count {
            Console.tell("\(result.badLines - result.complaints.count) further lines were not understood")
        }
        for failure in result.failures { Console.tell("gatehouse: \(failure.file): \(failure.reason)") }
        print(result.others)
        print(result.summary)
        if !result.failures.isEmpty { throw ExitCode.failure }
    }
}

extension ImportFormat: ExpressibleByArgument {}

import Archive
import ArgumentParser
import Host
import Link
import Terminal

struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Brings this host's flow records into an archive.",
        discussion: """
            Example: gatehouse archive --archive /var/lib/flows --follow

            Each record comes into the archive once, whenever this is ended and begun again.
            """)

    @Option(help: "The archive's folder; it is made where there is none.")
    var archive: String

    @Flag(name: .shortAndLong, help: "Go on with what comes, until Ctrl-C.")
    var follow = false

    @Option(
        help:
            "How long records are kept, as 30d; of one project as PROJECT=90d; may be given again (default: for ever).")
    var keep: [String] = []

    @OptionGroup var data: DataOptions

    func validate() throws { _ = try RetentionText.retention(keep, "--keep") }

    func run() throws {
        let data = try data.existingFolder()
        let folder = ArchiveFolder(archive)
        let interruption = follow ? try Interruption() : nil
        let claim = try ArchiveClaim.wait(folder)
        let store = RevisionStore(data)
        var writer = try ArchiveWriter(folder, claim)
        let retention = try RetentionText.retention(keep, "--keep")
        var (count, expired) = (0, 0)
        repeat {
            let source = SpoolSource(
                host: Machine.hostName, path: data.spool, catalogue: try store.catalogue(Console.warnUnreadable))
            var feed = try SpoolFeed(folder, source)
            count += try feed.pass(&writer)
            try writer.settle()
            expired += try writer.expire(retention)
            try writer.settle()
        } while try interruption?.pause(milliseconds: 5000) ?? false
        print("archived \(count) records" + (retention.isUsed ? ", \(expired) were kept long enough" : ""))
    }
}

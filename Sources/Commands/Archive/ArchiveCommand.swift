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

    @OptionGroup var data: DataOptions

    func run() throws {
        let data = try data.existingFolder()
        let folder = ArchiveFolder(archive)
        let interruption = follow ? try Interruption() : nil
        let claim = try ArchiveClaim.wait(folder)
        let store = RevisionStore(data)
        var writer = try ArchiveWriter(folder, claim)
        var count = 0
        repeat {
            let source = SpoolSource(
                host: Machine.hostName, path: data.spool, catalogue: try store.catalogue(Console.warnUnreadable))
            var feed = try SpoolFeed(folder, source)
            count += try feed.pass(&writer)
            try writer.settle()
        } while try interruption?.pause(milliseconds: 5000) ?? false
        print("archived \(count) records")
    }
}

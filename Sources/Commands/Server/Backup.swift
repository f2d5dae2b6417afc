import ArgumentParser
import Foundation
import Host
import Registry
import Server
import Terminal

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy the registry, consistent, while the server runs.",
        discussion: """
            The copy is one SQLite file with everything but the hosts' records, the authority's key and the key that credentials
            of buckets are sealed with; those are files of the data folder, and are copied as files.

            Example: gatehouse backup /backups/registry.sqlite
            """)

    @Argument(help: "The file to write; it must not be there.")
    var file: String
    @OptionGroup var server: ServerOptions

    func run() async throws {
        guard !DurableFile.exists(file) else {
            throw NotFound("\(file): there is such a file already; name another")
        }
        try server.registry().backup(to: file)
        let report = try await Registry(path: file).read { try AuditTrail.verify($0) }
        guard report.isSound else {
            throw NotFound("\(file): the copy's trail is not whole; run `gatehouse audit verify` on the server's data")
        }
        print("\(file): \(Wording.count(report.entries, "entry", plural: "entries")) of the trail, checked")
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a copy of the registry in place of the present one; the server must be stopped.",
        discussion: """
            What was in place is kept as registry.sqlite.before-restore.

            Example: gatehouse restore /backups/registry.sqlite
            """)

    @Argument(help: "The copy that `gatehouse backup` made.")
    var file: String
    @OptionGroup var server: ServerOptions

    func run() async throws {
        guard DurableFile.exists(file) else { throw NotFound("\(file): there is no such file") }
        let lock = try server.folder.lock()
        defer { withExtendedLifetime(lock) {} }
        // Whoever opens it checks it; it is copied rather than moved.
        let copy = try Registry(path: file)
        guard try await copy.read({ try AuditTrail.verify($0) }).isSound else {
            throw NotFound("\(file): its trail is not whole; take another copy, or seal it before the copy is made")
        }
        let place = server.folder.registry
        if DurableFile.exists(place) {
            // Folded into one file first, so that nothing of it stays behind in the log beside it.
            try Registry(path: place).backup(to: place + ".before-restore")
            for suffix in ["", "-wal", "-shm"] { try DurableFile.remove(place + suffix) }
        }
        try copy.backup(to: place)
        print("\(place): restored from \(file)")
    }
}

import Archive
import ArgumentParser
import Query
import Terminal

struct ConnectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Prints the statements that open an archive in another engine.",
        discussion: """
            Example: gatehouse connect duckdb --archive /var/lib/flows

            After them, what `gatehouse flows --sql duckdb` prints runs as it is.
            """)

    @Argument(help: "The engine: duckdb.")
    var engine: QueryDialect

    @Option(help: "The archive's folder.")
    var archive: String

    func run() throws {
        switch engine {
        case .duckdb: print(Connection.duckDB(ArchiveFolder(archive)))
        }
    }
}

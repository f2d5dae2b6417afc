import ArgumentParser
import Foundation
import Host
import Registry
import Server

/// Where an operator's command finds the server's data; the server may run meanwhile.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's data folder (default: $GATEHOUSE_SERVER_DATA or /var/lib/gatehouse-server).")
    var data: String?

    var folder: ServerFolder { Self.folder(data) }

    func registry() throws -> Registry { try Self.registry(in: folder) }

    /// The folder that an option names, or the environment, or the usual one.
    static func folder(_ option: String?) -> ServerFolder {
        let setting = Setting(option, "--data", variable: "GATEHOUSE_SERVER_DATA")
        return ServerFolder(setting?.value ?? "/var/lib/gatehouse-server")
    }

    static func registry(in folder: ServerFolder) throws -> Registry {
        guard DurableFile.exists(folder.registry) else {
            throw NotFound(
                "data folder \(folder.path): there is no registry; start a server with `gatehouse serve --data "
                    + "\(folder.path)`, name another with --data, or a control plane with --server")
        }
        return try Registry(path: folder.registry)
    }
}

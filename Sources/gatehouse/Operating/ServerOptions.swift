import ArgumentParser
import Foundation
import Host
import Registry
import Server

/// Where an operator's command finds the server's data; the server may run meanwhile.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server's data folder (default: $GATEHOUSE_SERVER_DATA or /var/lib/gatehouse-server).")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_SERVER_DATA"] ?? "/var/lib/gatehouse-server"

    var folder: ServerFolder { ServerFolder(data) }

    func registry() throws -> Registry {
        guard DurableFile.exists(folder.registry) else {
            throw NotFound(
                "data folder \(data): there is no registry; start a server with `gatehouse serve --data \(data)`")
        }
        return try Registry(path: folder.registry)
    }

    /// Who does it, for the trail: the login name on this machine.
    func actor(_ action: String) -> Actor {
        var actor = Actor.system(action, requestID: "req-\(Change.newID())")
        actor.userName = "\(Machine.userName(Machine.userID)) (on the server)"
        return actor
    }
}

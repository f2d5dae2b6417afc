import Foundation
import Host
import Hummingbird
import HummingbirdCore
import Logging
package import Registry
package import Service
import ServiceLifecycle
import UnixSignals

/// A whole server: the registry, the front door, the hosts, and the socket they are reached at.
package struct ControlPlane: Sendable {
    private let settings: ServerSettings
    private let folder: ServerFolder
    private let lock: FolderLock
    package let registry: Registry
    private let hosts: HostService
    private let certificates: Certificates?
    private let tls: ServerTLS?
    private let logger: Logger
    package let door: FrontDoor

    /// Opens the data folder; a new one gets a registry and, unless plain HTTP is spoken, an authority.
    package init(folder: ServerFolder, settings: ServerSettings, access: AccessFile) throws {
        self.settings = settings
        self.folder = folder
        try DurableFile.makeFolder(folder.path, mode: 0o700)
        lock = try folder.lock()
        registry = try Registry(path: folder.registry)
        certificates = settings.isInsecure ? nil : try folder.certificates()
        tls = try certificates.map {
            try ServerTLS(folder: folder, authority: $0, names: [settings.host] + settings.names)
        }
        let secrets = BucketSecrets(keyFile: folder.secretsKey)
        hosts = HostService(
            registry, region: settings.served, folder: folder.hosts, certificates: certificates, secrets: secrets)
        var logger = Logger(label: "gatehouse.server")
        logger.logLevel = .notice
        self.logger = logger
        let counters = RequestCounters()
        door = FrontDoor(
            FrontDoor.apis(
                registry: registry, settings: settings, access: access, hosts: hosts, dataFolder: folder.path,
                secrets: secrets, counters: counters), counters: counters, logger: logger)
    }

    /// SHA-256 of the authority's certificate; nil with plain HTTP.
    package var fingerprint: String? { get throws { try certificates?.fingerprint } }

    /// Why nobody would trust the certificate that the server shows; nil where nothing stands against it.
    package var certificateFault: String? {
        tls?.certificate.fault(at: Date(), file: folder.certificateFile)?.description
    }

    /// Shows callers from now on what the certificate's files hold; open connections keep what they began with.
    ///
    /// - Returns: what is shown; nil with plain HTTP.
    /// - Throws: what is wrong with the files; then nothing is changed.
    package func renewCertificate() throws -> String? {
        try tls?.renew().words
    }

    /// Serves until SIGTERM or SIGINT; requests under way are answered first.
    ///
    /// * `hangUps`: when `reload` is called.
    /// * `onListening`: told the port once calls are taken.
    package func run(
        hangUps: HangUps, reload: @escaping @Sendable () async -> Void, onListening: @escaping @Sendable (Int) -> Void
    ) async throws {
        let application = Application(
            responder: HTTPAdapter(door: door, settings: settings, hosts: hosts), server: builder,
            configuration: .init(
                address: .hostname(settings.host, port: settings.port), serverName: "gatehouse", backlog: 1024),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    application, HostTelling(hosts: hosts), Reloading(hangUps: hangUps, reload: reload),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private var builder: HTTPServerBuilder {
        guard let tls else { return .http1() }
        return HTTPServerBuilder { responder in ServerTLSChannel(tls: tls, base: HTTP1Channel(responder: responder)) }
    }
}

/// Tells the hosts of changes while the server runs; finishing means that their streams are ended.
private struct HostTelling: Service {
    let hosts: HostService

    func run() async throws {
        await withGracefulShutdownHandler {
            await hosts.run()
        } onGracefulShutdown: {
            hosts.close()
        }
    }
}

import Host
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
package import Registry
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
    package let door: FrontDoor

    /// Opens the data folder; a new one gets a registry and, unless plain HTTP is spoken, an authority.
    package init(folder: ServerFolder, settings: ServerSettings, access: AccessFile) throws {
        self.settings = settings
        self.folder = folder
        try DurableFile.makeFolder(folder.path, mode: 0o700)
        lock = try folder.lock()
        registry = try Registry(path: folder.registry)
        certificates = settings.isInsecure ? nil : try folder.certificates()
        let secrets = BucketSecrets(keyFile: folder.secretsKey)
        hosts = HostService(
            registry, region: settings.served, folder: folder.hosts, certificates: certificates, secrets: secrets)
        door = FrontDoor(
            registry: registry, settings: settings, access: access, hosts: hosts, dataFolder: folder.path,
            secrets: secrets)
    }

    /// SHA-256 of the authority's certificate; nil with plain HTTP.
    package var fingerprint: String? { get throws { try certificates?.fingerprint } }

    /// Serves until SIGTERM or SIGINT; requests under way are answered first.
    ///
    /// * `onListening`: told the port once calls are taken.
    package func run(onListening: @escaping @Sendable (Int) -> Void) async throws {
        var logger = Logger(label: "gatehouse.server")
        logger.logLevel = .notice
        let application = Application(
            responder: HTTPAdapter(door: door, settings: settings, hosts: hosts), server: try builder(),
            configuration: .init(
                address: .hostname(settings.host, port: settings.port), serverName: "gatehouse", backlog: 1024),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [application, HostTelling(hosts: hosts)], gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger))
        try await group.run()
    }

    private func builder() throws -> HTTPServerBuilder {
        guard let certificates else { return .http1() }
        let server = try folder.serverCertificate(certificates, names: [settings.host] + settings.names)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(server.certificatePEM.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(server.keyPEM.utf8), format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        // Hosts show a certificate that our authority has signed; everybody else shows none.
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(try certificates.authorityPEM.utf8)))
        return try .tls(.http1(), tlsConfiguration: configuration)
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

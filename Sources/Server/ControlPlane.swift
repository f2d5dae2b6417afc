import Delivery
import Foundation
import Host
import Hummingbird
import HummingbirdCore
import Logging
package import Registry
package import Service
import ServiceLifecycle
import Telemetry
import UnixSignals

/// A whole server: the registry, the front door, the hosts, and the socket they are reached at.
package struct ControlPlane: Sendable {
    private let settings: ServerSettings
    private let folder: ServerFolder
    private let lock: FolderLock
    package let registry: Registry
    let hosts: HostService
    package let flows: HostArchive
    /// Seals what a bootstrap file gives as secrets of cloud keys.
    package let cloudKeys: CloudKeySecrets
    private let certificates: Certificates?
    private let tls: ServerTLS?
    private let authenticator: Authenticator
    private let connections: Connections
    private let logger: Logger
    package let door: FrontDoor

    /// Opens the data folder; a new one gets a registry and, unless plain HTTP is spoken, an authority.
    ///
    /// * `gate`: where every caller proves who it is.
    package init(
        folder: ServerFolder, settings: ServerSettings, access: AccessFile, gate: LoginGate = LoginGate()
    ) throws {
        self.settings = settings
        self.folder = folder
        try DurableFile.makeFolder(folder.path, mode: 0o700)
        lock = try folder.lock()
        let store = MetricsStore()
        registry = try Registry(path: folder.registry, metrics: store)
        certificates = settings.isInsecure ? nil : try folder.certificates()
        tls = try certificates.map {
            try ServerTLS(folder: folder, authority: $0, names: [settings.host] + settings.names)
        }
        let secrets = BucketSecrets(keyFile: folder.secretsKey)
        cloudKeys = CloudKeySecrets(keyFile: folder.secretsKey)
        hosts = HostService(
            registry, region: settings.served, folder: folder.hosts, quota: settings.hostQuota,
            certificates: certificates, secrets: secrets, gate: gate,
            manifestKey: try ManifestKey(file: folder.manifestKey))
        flows = HostArchive(
            hosts: folder.hosts, archive: settings.archive ?? folder.archive, retention: settings.retention)
        authenticator = Authenticator(registry, admitsAnonymous: settings.admitsAnonymous, gate: gate)
        // The rest is for the registry and the hosts' files.
        connections = Connections(
            total: max(DescriptorLimit.current - 256, 64), isProxied: settings.trustsForwarding)
        var logger = Logger(label: "gatehouse.server")
        logger.logLevel = .notice
        self.logger = logger
        let metrics = Metrics(store)
        door = FrontDoor(
            FrontDoor.apis(
                registry: registry, authenticator: authenticator, settings: settings, access: access, hosts: hosts,
                flows: flows, events: HostEvents(hosts: folder.hosts), dataFolder: folder.path,
                secrets: secrets, cloudKeys: cloudKeys, metrics: metrics, logger: logger), metrics: metrics,
            logger: logger)
    }

    /// Devices of hosts, and addresses there, that several interfaces claim: from before claims were asked about, each with
    /// its mend. Their hosts are told nothing new until it is done.
    package func claimConflicts() async throws -> [String] {
        try await registry.read { try HostClaims.conflicts(in: $0) }.map(\.description)
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
            responder: HTTPAdapter(
                door: door, settings: settings, hosts: hosts, authenticator: authenticator, connections: connections),
            server: builder,
            configuration: .init(
                address: .hostname(settings.host, port: settings.port), serverName: "gatehouse", backlog: 1024),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    FailureTelling(registry: registry, logger: logger), Sweeping(connections: connections), application,
                    HostTelling(hosts: hosts), Archiving(flows: flows, logger: logger),
                    Reloading(hangUps: hangUps, reload: reload),
                ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private var builder: HTTPServerBuilder {
        HTTPServerBuilder { [tls, connections] responder in
            GuardedChannel(tls: tls, connections: connections, responder: responder)
        }
    }
}

/// Writes what was counted of repeated failures into the trail while the server runs; finishing means that all of it is written.
private struct FailureTelling: Service {
    let registry: Registry
    let logger: Logger

    func run() async throws {
        for await _ in Ticks.every(.seconds(5)).cancelOnGracefulShutdown() { await tell() }
        await tell(isEnd: true)
    }

    /// What cannot be written, for a full disk perhaps, is said.
    private func tell(isEnd: Bool = false) async {
        do {
            try await registry.tellRepeated(isEnd: isEnd)
        } catch {
            logger.error("repeated failures cannot be noted", metadata: ["reason": "\(error)"])
        }
    }
}

/// Closes segments of what hosts have shipped while the server runs; what is in none yet is answered from the spools.
private struct Archiving: Service {
    let flows: HostArchive
    let logger: Logger

    func run() async throws {
        for await _ in Ticks.every(.seconds(60)).cancelOnGracefulShutdown() {
            do {
                _ = try await flows.pass()
            } catch let taken as FolderClaim.Taken {
                logger.notice("another process writes to the archive", metadata: ["pid": "\(taken.pid ?? 0)"])
            } catch {
                logger.error("records of hosts cannot be archived", metadata: ["reason": "\(error)"])
            }
        }
    }
}

/// Closes connections that take too long while the server runs; finishing means nothing.
private struct Sweeping: Service {
    let connections: Connections

    func run() async throws {
        for await _ in Ticks.every(.seconds(1)).cancelOnGracefulShutdown() {
            connections.sweep(at: SystemClock.monotonic)
        }
    }
}

/// Instants that follow each other until the task is cancelled.
private enum Ticks {
    static func every(_ pause: Duration) -> AsyncStream<Void> {
        AsyncStream {
            do {
                try await Task.sleep(for: pause)
            } catch {
                return nil
            }
        }
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

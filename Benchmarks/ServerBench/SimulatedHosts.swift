import AsyncHTTPClient
import Foundation
import Link
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

/// The hosts' ends of the wire.
final class SimulatedHosts: Sendable {
    private let fleet: Fleet
    private let url: String
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let admin: HTTPClient
    /// How many hosts have been told of a policy so often.
    private let told = Mutex<[Int: Int]>([:])
    private let tasks = Mutex<[Task<Void, Never>]>([])
    private let total = Mutex(0)

    init(_ fleet: Fleet, url: String) throws {
        self.fleet = fleet
        self.url = url
        admin = HTTPClient(
            eventLoopGroupProvider: .shared(group), configuration: try Self.configuration(fleet.authorityPEM, nil))
    }

    private static func configuration(_ authority: String, _ host: Fleet.Host?) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        if let host {
            tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(host.certificatePEM.utf8)).map {
                .certificate($0)
            }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(host.keyPEM.utf8), format: .pem))
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.timeout = .init(connect: .seconds(30), read: .seconds(60))
        return configuration
    }

    func connect() async {
        for host in fleet.hosts {
            let task = Task { [self] in
                guard let configuration = try? Self.configuration(fleet.authorityPEM, host) else { return }
                let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
                do { try await follow(client) } catch { if !Task.isCancelled { print("\(host.name): \(error)") } }
                try? await client.shutdown()
            }
            tasks.withLock { $0.append(task) }
            // As hosts come: not all in one instant.
            try? await Task.sleep(for: .milliseconds(2))
        }
    }

    /// Reads lines; each that is a revision is counted.
    private func follow(_ client: HTTPClient) async throws {
        let understood = HostCapability.allCases.map { "understands=\($0.rawValue)" }.joined(separator: "&")
        let response = try await client.execute(
            HTTPClientRequest(url: "\(url)/api/agent/stream?\(understood)"), deadline: .distantFuture)
        // The first bytes of a line say what it is: {"ping…, {"revision…, {"amendment….
        var head: [UInt8] = []
        var revisions = 0
        for try await chunk in response.body {
            var rest = chunk.readableBytesView
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                head += rest[..<end].prefix(3)
                if head.count > 2, head[2] != UInt8(ascii: "p") {
                    revisions += 1
                    let count = revisions
                    told.withLock { $0[count, default: 0] += 1 }
                    total.withLock { $0 += 1 }
                }
                head = []
                rest = rest[rest.index(after: end)...]
            }
            if head.count < 3 { head += rest.prefix(3) }
        }
    }

    /// Waits until every host has been told so many revisions.
    func wait(for count: Int) async throws {
        for _ in 0..<60_000 {
            if told.withLock({ $0[count, default: 0] }) == FleetBench.hosts { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        print("only \(told.withLock { $0[count, default: 0] }) hosts were told \(count) revisions")
    }

    /// Of Neutron's API: method, path and body.
    typealias Request = (method: HTTPMethod, path: String, body: String)

    /// Makes a change; how long from the server's answer until all hosts that it concerns are told.
    ///
    /// * `concerned`: how many they are; 0 is as many as are told within two quiet seconds.
    func time(_ request: Request, concerning concerned: Int) async throws -> Duration {
        let before = total.withLock { $0 }
        _ = try await BenchServer.send(admin, request.method, "\(url)/networking/v2.0/\(request.path)", request.body)
        let began = ContinuousClock.now
        var last = began
        var seen = before
        while concerned > 0 ? seen < before + concerned : ContinuousClock.now - last < .seconds(2) {
            let now = total.withLock { $0 }
            if now != seen { (seen, last) = (now, ContinuousClock.now) }
            if ContinuousClock.now - began > .seconds(120) { break }
            try await Task.sleep(for: .milliseconds(1))
        }
        return last - began
    }

    func stop() { tasks.withLock { for task in $0 { task.cancel() } } }
}

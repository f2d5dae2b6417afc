import AsyncHTTPClient
import Dispatch
import Foundation
import Host
package import Link
import Model
import NIOCore
import NIOHTTP1
import NIOSSL

/// A host's end of the wire to its control plane.
///
/// It never touches the kernel: what the server wants is handed to the agent through its control socket, and records and
/// events are read from the agent's files. While the server is away the agent goes on enforcing and recording; what it
/// wrote meanwhile is sent on return.
package struct Uplink: Sendable {
    private let server: String
    private let host: String
    private let folder: UplinkFolder
    private let data: DataFolder
    private let tell: @Sendable (String) -> Void
    private let health: UplinkHealth
    private let bucketTests: BucketTests
    private let manifests: ManifestSigning
    /// The agent answers on a thread that may wait.
    private let control = DispatchQueue(label: "gatehouse.uplink.control")

    /// * `server`: `https://name:port`.
    /// * `host`: this host's name at the control plane.
    /// * `health`: learns how it goes.
    /// * `tell`: says a line to the operator.
    package init(
        server: String, host: String, folder: UplinkFolder, data: DataFolder, health: UplinkHealth = UplinkHealth(),
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        self.host = host
        self.folder = folder
        self.data = data
        self.health = health
        bucketTests = BucketTests(data: data)
        manifests = ManifestSigning(keyFile: data.serverManifestKey, tell: tell)
        self.tell = tell
    }

    /// Signatures of the control plane for the manifests of what this host delivers.
    package func signatures(of lines: [[UInt8]]) async -> ManifestSigningAnswer? { await manifests.answer(to: lines) }

    /// Has the control plane bind a port to a device of this host, or let it go.
    package func bind(_ request: PortBindingRequest) async throws -> PortBindingAnswer {
        let client = HTTPClient(configuration: try configuration())
        let result: Result<[UInt8], any Error>
        do {
            result = .success(try await post("bindings", ControlCodec.encode(request), client))
        } catch {
            result = .failure(error)
        }
        try await client.shutdown()
        return try ControlCodec.decode(try result.get())
    }

    /// Takes the host in, if it is not.
    package func enrol(token: String) async throws {
        guard !folder.isEnrolled else { return }
        try await Enrolment(server: server, host: host, folder: folder).run(token: token)
        tell("enrolled as \(host) at \(server)")
    }

    /// Runs until cancelled: holds the stream, and opens it anew when it breaks.
    package func run() async throws {
        let client = HTTPClient(configuration: try configuration())
        manifests.ask { body in try await post("manifests", body, client) }
        defer { manifests.ask(nil) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await self.hold(client) }
                group.addTask { await self.ship(client) }
                try await group.waitForAll()
            }
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func configuration() throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(folder.text(folder.authority).utf8)))
        tls.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(folder.text(folder.certificate).utf8)).map {
            .certificate($0)
        }
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(folder.text(folder.key).utf8), format: .pem))
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = tls
        // The server pings: a stream that is silent for so long is broken.
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(10))
        return configuration
    }

    // MARK: The stream

    private func hold(_ client: HTTPClient) async {
        var pause = Duration.milliseconds(100)
        var lastWords = ""
        while !Task.isCancelled {
            do {
                try await follow(client) {
                    pause = .milliseconds(100)
                    health.streamIsOpen()
                }
                throw UplinkError.streamEnded
            } catch {
                let words = "\(error)"
                health.streamFailed(words)
                if words != lastWords { tell("control plane \(server): \(words); trying again") }
                lastWords = words
            }
            // Not all hosts at the same instant.
            try? await Task.sleep(for: pause * Double.random(in: 0.5...1))
            pause = min(pause * 2, .seconds(5))
        }
    }

    private func follow(_ client: HTTPClient, _ onMessage: () -> Void) async throws {
        let understood = HostCapability.allCases.map { "understands=\($0.rawValue)" }.joined(separator: "&")
        let response = try await client.execute(
            HTTPClientRequest(url: "\(server)/api/agent/stream?\(understood)"), deadline: .distantFuture)
        guard response.status.code == 200 else {
            let body = try await response.body.collect(upTo: 1 << 16)
            throw UplinkError.refused(Int(response.status.code), String(buffer: body))
        }
        var line: [UInt8] = []
        // What the host has: an amendment makes the next of it.
        var present: Revision?
        var credentials = BucketCredentials(folder: data.credentials)
        for try await chunk in response.body {
            line += Array(chunk.readableBytesView)
            while let end = line.firstIndex(of: UInt8(ascii: "\n")) {
                let message: HostMessage = try ControlCodec.decode(Array(line[..<end]))
                line.removeSubrange(...end)
                onMessage()
                switch message {
                case .revision(let revision):
                    present = revision
                    // A policy that the kernel did not take leaves the former one in force, with its buckets.
                    if try await adopt(revision, client) { try credentials.forgetOthers() }
                case .credentials(let told): try credentials.keep(told)
                case .amendment(let amendment):
                    // Without what it amends the stream is begun anew, which brings the whole policy.
                    guard let next = present?.amended(by: amendment) else { throw UplinkError.notAmendable }
                    present = next
                    _ = try await adopt(next, client)
                case .bucketTest(let request): test(request, client)
                case .ping(let at): try await report(at, client)
                }
            }
        }
    }

    /// Hands a revision to the agent and posts its receipt; tells whether it is in force.
    private func adopt(_ revision: Revision, _ client: HTTPClient) async throws -> Bool {
        let receipt: HostReceipt
        var isApplied = false
        do {
            guard case .receipt(let applied) = try await ask(.adopt(revision: revision, sessions: .cut)) else {
                throw AgentClient.Failure.refused("the agent is of another version")
            }
            receipt = .applied(applied, digest: try revision.policy.digest)
            isApplied = true
        } catch {
            receipt = .failed(revision: revision.number, "\(error)")
        }
        _ = try await post("receipts", ControlCodec.encode(receipt), client)
        return isApplied
    }

    /// Tries a bucket beside the stream: one that hangs keeps no revision from the kernel.
    private func test(_ request: BucketTestRequest, _ client: HTTPClient) {
        Task {
            let fault = await bucketTests.fault(of: request)
            do {
                let answer = BucketTestAnswer(id: request.id, fault: fault)
                _ = try await post("bucket-tests", ControlCodec.encode(answer), client)
            } catch {
                tell("control plane \(server): what came of trying a bucket cannot be told: \(error)")
            }
        }
    }

    private func report(_ pingedAt: Timestamp, _ client: HTTPClient) async throws {
        let received = Timestamp(nanoseconds: SystemClock.realtime)
        guard case .status(let status) = try await ask(.status) else { return }
        let report = HostReport(pingedAt: pingedAt, receivedAt: received, status: status)
        _ = try await post("report", ControlCodec.encode(report), client)
    }

    private func ask(_ request: ControlRequest) async throws -> ControlResponse {
        let agent = AgentClient(data)
        return try await withCheckedThrowingContinuation { continuation in
            control.async { continuation.resume(with: Result { try agent.ask(request) }) }
        }
    }

    private func post(_ path: String, _ body: [UInt8], _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: "\(server)/api/agent/\(path)")
        request.method = .POST
        request.body = .bytes(body)
        return try await client.run(request)
    }

    // MARK: Records and events

    /// Sends what the agent has written, until cancelled; nothing is let go of before the server has it on disk.
    private func ship(_ client: HTTPClient) async {
        var shipping = Shipping(data: data, host: host, statePath: folder.shipped)
        var knowsServer = false
        var lastWords = ""
        while !Task.isCancelled {
            do {
                if !knowsServer {
                    var request = HTTPClientRequest(url: server + "/api/agent/files")
                    request.method = .GET
                    let sizes = try JSONDecoder().decode(
                        [String: Int].self, from: Data(try await client.run(request)))
                    try shipping.begin(sizes)
                    knowsServer = true
                }
                while let parcel = try shipping.next() {
                    var request = HTTPClientRequest(
                        url: "\(server)/api/agent/files/\(parcel.file)?offset=\(parcel.offset)")
                    request.method = .PUT
                    request.body = .bytes(parcel.bytes)
                    _ = try await client.run(request)
                    try shipping.acknowledge(parcel)
                    health.noteShipped(parcel.bytes.count)
                }
                health.shippingWorks()
                if !lastWords.isEmpty { tell("records are shipped to \(server) again") }
                lastWords = ""
            } catch {
                guard !Task.isCancelled else { return }
                let words = "\(error)"
                health.shippingFailed(words)
                if words != lastWords { tell("records are not shipped to \(server): \(words); trying again") }
                lastWords = words
                knowsServer = false
            }
            try? await Task.sleep(for: .milliseconds(250))
        }
    }
}

import AsyncHTTPClient
import Crypto
import Host
package import Model
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// A bucket of an S3 service.
///
/// What it sends is what every such service takes: the whole payload's SHA-256 in the signature, `Content-Length`, no
/// trailers. An object is put with `If-None-Match: *`; a service that does not know it (501) is asked with HEAD first. So
/// a put whose answer was lost finds its object, by the SHA-256 in the object's metadata.
package final class S3Bucket: Bucket {
    package struct Tuning: Sendable {
        /// How long nothing may happen on a connection.
        package var stall: Duration = .seconds(30)
        /// Requests at the same time.
        package var connections = 16
        /// Larger objects are put in parts of this size; S3 wants at least 5 MiB.
        package var partBytes = 8 << 20
        /// How often a request that failed for the moment is sent before its error is given.
        package var attempts = 3
        /// The pause before the second attempt; it doubles, with jitter. A service that asks for a longer one gets it from
        /// whoever called.
        package var pause: Duration = .milliseconds(200)
        /// This host's clock.
        package var now: @Sendable () -> Timestamp = { Timestamp(nanoseconds: SystemClock.realtime) }

        package init() {}
    }

    let location: S3Location
    let tuning: Tuning
    let client: HTTPClient
    private let signer: RequestSigner
    /// Whether the service takes `If-None-Match`, as far as it is known.
    let putsConditionally = Atomic(true)

    package init(
        _ location: S3Location, credentials: Credentials, tuning: Tuning = Tuning()
    ) throws(BucketError) {
        self.location = location
        self.tuning = tuning
        signer = RequestSigner(credentials: credentials, region: location.region)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        if let file = location.authorityFile {
            do {
                var tls = TLSConfiguration.makeClientConfiguration()
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
                configuration.tlsConfiguration = tls
            } catch {
                throw .badLocation("s3://\(location.bucket)", reason: "ca \(file) holds no certificates: \(error)")
            }
        }
        configuration.proxy = location.proxy.map { .server(host: $0.host, port: $0.port) }
        let stall = TimeAmount(tuning.stall)
        configuration.timeout = .init(connect: min(stall, .seconds(10)), read: stall, write: stall)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = tuning.connections
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(configuration: configuration)
    }

    package func close() async {
        // It fails only where it was shut down before.
        try? await client.shutdown()
    }

    // MARK: Requests

    struct Request {
        var method: HTTPMethod = .GET
        /// Nil for the bucket itself.
        var key: String?
        var query: [(name: String, value: String)] = []
        var headers: [(name: String, value: String)] = []
        var body: [UInt8] = []
        /// The most that the answer's body may hold.
        var limit = 1 << 20
    }

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        var text: XMLText { XMLText(String(decoding: body, as: UTF8.self)) }
    }

    /// How the bucket is called in errors.
    var name: String { "s3://\(location.bucket) at \(location.host)" }

    /// Sends a request, again after a moment where it failed for the moment; every answer below 500 is given back.
    func send(_ request: Request) async throws(BucketError) -> Answer {
        var pause = tuning.pause
        for _ in 1..<max(tuning.attempts, 1) {
            do throws(BucketError) {
                return try await sendOnce(request)
            } catch  where error.isTransient && (error.retryAfter ?? .zero) <= .seconds(5) {
                let wait = max(pause * Double.random(in: 0.5...1), error.retryAfter ?? .zero)
                do { try await Task.sleep(for: wait) } catch { break }
                pause = pause * 2
            }
        }
        return try await sendOnce(request)
    }

    private func sendOnce(_ request: Request) async throws(BucketError) -> Answer {
        let signed = signed(request)
        let answer: Answer
        do {
            let response = try await client.execute(signed, deadline: .now() + .hours(1))
            let isHead = request.method == .HEAD
            let body = isHead ? ByteBuffer() : try await response.body.collect(upTo: request.limit)
            answer = Answer(
                status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
        } catch {
            throw .unavailable(bucket: name, reason: Self.reason(error), retryAfter: nil)
        }
        if let error = transientError(answer) { throw error }
        return answer
    }

    func signed(_ request: Request) -> HTTPClientRequest {
        let now = tuning.now()
        let key = request.key.map { "/" + PercentEncoding.path(location.prefix + $0) } ?? ""
        let path = location.style == .path ? "/\(location.bucket)\(key)" : key.isEmpty ? "/" : key
        let host =
            (location.style == .path ? "" : "\(location.bucket).") + location.host
            + (location.port.map { ":\($0)" } ?? "")
        let query = request.query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
        let hash = hexadecimal(SHA256.hash(data: request.body))
        var headers =
            request.headers + [("host", host), ("x-amz-content-sha256", hash), ("x-amz-date", RequestSigner.date(now))]
        if let token = signer.credentials.sessionToken { headers.append(("x-amz-security-token", token)) }
        let authorization = signer.authorization(
            .init(method: request.method.rawValue, path: path, query: query, headers: headers, payloadHash: hash),
            at: now)
        let text = query.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        var signed = HTTPClientRequest(
            url: "\(location.isSecure ? "https" : "http")://\(host)\(path)\(text.isEmpty ? "" : "?")\(text)")
        signed.method = request.method
        signed.headers = HTTPHeaders(headers + [("authorization", authorization)])
        if request.method == .PUT || request.method == .POST { signed.body = .bytes(request.body) }
        return signed
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? HTTPClientError else { return "\(error)" }
        return switch error {
        case .readTimeout, .writeTimeout, .deadlineExceeded: "it stopped answering"
        case .connectTimeout: "no connection"
        case .remoteConnectionClosed: "it closed the connection"
        default: "\(error)"
        }
    }
}

import AsyncHTTPClient
import Buckets
import Foundation
import Gzip
import Host
import Model
import NIOCore
import NIOHTTP1
import NIOSSL

/// POST requests to one receiver, and what its answers amount to.
final class HTTPPoster {
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]

        /// The first line or so, for a person.
        var words: String {
            let text = String(decoding: body.prefix(300), as: UTF8.self).map { $0.isNewline ? " " : $0 }
            return "\(status)" + (text.isEmpty ? "" : " \(String(text))")
        }
    }

    /// How long nothing may happen on a connection.
    private static let stall = TimeAmount.seconds(30)

    private let client: HTTPClient
    private let base: String
    private let isCompressed: Bool

    /// - Throws: a fault of the settings.
    init(_ sink: Sink, compresses: Bool) throws(SinkFault) {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow, decompression: .disabled)
        configuration.tlsConfiguration = try Self.tls(sink)
        configuration.timeout = .init(connect: .seconds(10), read: Self.stall, write: Self.stall)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(configuration: configuration)
        base = "\(sink.address.scheme)://\(sink.address.authority)"
        isCompressed = sink.compression.map { $0 == .gzip } ?? compresses
    }

    static func tls(_ sink: Sink) throws(SinkFault) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        guard let file = sink.authorityFile else { return tls }
        do {
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
        } catch {
            throw SinkFault(.settings("ca_file \(file) holds no certificates: \(error)"))
        }
        return tls
    }

    func close() async {
        // It fails only where it was shut down before.
        try? await client.shutdown()
    }

    /// Sends a body; every answer below 500 but 429 is given back.
    func post(_ path: String, _ headers: [(String, String)], _ body: [UInt8]) async throws(SinkFault) -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers = HTTPHeaders(headers)
        if isCompressed {
            do {
                request.body = .bytes(try compress(body, level: 1))
            } catch {
                throw SinkFault(.later("gzip: \(error)"))
            }
            request.headers.add(name: "content-encoding", value: "gzip")
        } else {
            request.body = .bytes(body)
        }
        let answer: Answer
        do {
            let response = try await client.execute(request, deadline: .now() + .minutes(2))
            let body = try await response.body.collect(upTo: Limit.receiverAnswer.bound)
            answer = Answer(
                status: Int(response.status.code), headers: response.headers, body: Array(body.readableBytesView))
        } catch {
            throw SinkFault(Self.fault(error))
        }
        guard answer.status == 429 || answer.status >= 500 else { return answer }
        throw SinkFault(.later("it answered \(answer.words)", after: answer.pause))
    }

    /// What kept an answer from coming: a certificate that is not trusted is a fault of the settings.
    static func fault(_ error: any Error) -> SinkAnswer {
        if let error = error as? HTTPClientError {
            switch error {
            case .readTimeout, .writeTimeout, .deadlineExceeded: return .later("it stopped answering")
            case .connectTimeout: return .later("no connection")
            case .remoteConnectionClosed: return .later("it closed the connection")
            case .emptyHost, .invalidURL: return .settings("\(error)")
            default: break
            }
        }
        let words = "\(error)"
        return words.lowercased().contains("certificate")
            ? .settings("its certificate is not trusted (\(words)); name its authority with ca_file") : .later(words)
    }
}

extension HTTPPoster.Answer {
    /// What the answer asks to wait.
    var pause: Duration? {
        headers.first(name: "retry-after").flatMap {
            HTTPDate.pause($0, now: Timestamp(nanoseconds: SystemClock.realtime))
        }
    }

    /// What a status says where the kind has no words of its own.
    var usual: SinkAnswer {
        switch status {
        case 200..<300: .taken
        case 300..<400: .settings("it answered \(words): it moved; name the new place in url")
        case 401, 403, 404, 405, 407, 421: .settings("it answered \(words)")
        case 408, 425: .later("it answered \(words)", after: pause)
        case 413: .tooLarge("it answered \(words)")
        default: .refused("it answered \(words)")
        }
    }
}

/// Headers that say who sends.
struct SinkAuthorization {
    private let secret: SinkSecret?
    private let user: String?

    init(_ sink: Sink) {
        secret = SinkSecret(sink)
        user = sink.user
    }

    /// Basic where there is a user; else the secret behind `scheme`; nothing without a secret.
    func headers(_ scheme: String = "Bearer") throws(SinkFault) -> [(String, String)] {
        guard let secret else { return [] }
        let text = try secret.read()
        guard let user else { return [("authorization", "\(scheme) \(text)")] }
        return [("authorization", "Basic \(Data("\(user):\(text)".utf8).base64EncodedString())")]
    }
}

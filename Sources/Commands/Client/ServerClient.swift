import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks a control plane.
struct ServerClient: Sendable {
    let server: Setting
    let token: String
    /// Where the token is from, for who is told that it does not do.
    let tokenFile: Setting
    /// The authority that is trusted; nil trusts those that the system does.
    let authority: Setting?

    /// An answer may have so many bytes.
    private static let largestAnswer = 256 << 20

    /// Sends a request; a refusal is thrown in the server's words.
    func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = []) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        if let authority {
            let pem = try authority.file()
            var tls = TLSConfiguration.makeClientConfiguration()
            guard let roots = try? NIOSSLCertificate.fromPEMBytes(pem), !roots.isEmpty else {
                throw NotFound("\(authority): it holds no certificate in PEM; name the server's authority.pem")
            }
            tls.trustRoots = .certificates(roots)
            configuration.tlsConfiguration = tls
        }
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(60))
        configuration.redirectConfiguration = .disallow
        // Who typed a wrong address is told at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        do {
            let answer = try await exchange(client, method, path, body)
            try await client.shutdown()
            return answer
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func exchange(_ client: HTTPClient, _ method: HTTPMethod, _ path: String, _ body: [UInt8]) async throws
        -> [UInt8]
    {
        let base = server.value.hasSuffix("/") ? String(server.value.dropLast()) : server.value
        var request = HTTPClientRequest(url: base + path)
        request.method = method
        request.headers.add(name: "X-Auth-Token", value: token)
        if !body.isEmpty { request.body = .bytes(body) }
        let response: HTTPClientResponse
        let bytes: [UInt8]
        do {
            response = try await client.execute(request, timeout: .seconds(60))
            bytes = Array(try await response.body.collect(upTo: Self.largestAnswer).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw NotFound(
                "\(server): the answer has more than \(Self.largestAnswer >> 20) MiB; ask for less, as with --limit or --since"
            )
        } catch {
            throw ConnectionFault(server, authority, error)
        }
        // Every answer of a control plane bears one.
        guard response.headers.contains(name: "X-Openstack-Request-Id") else {
            throw NotFound(
                "\(server): what answers there (\(response.status.code)) is no control plane; give the address of one")
        }
        guard (200..<300).contains(response.status.code) else {
            throw Refusal(status: Int(response.status.code), body: bytes, server: server, tokenFile: tokenFile)
        }
        return bytes
    }

    /// What the server said instead of doing it.
    struct Refusal: Error, CustomStringConvertible {
        let status: Int
        let body: [UInt8]
        let server: Setting
        let tokenFile: Setting

        private var message: String {
            let json = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
            let listed = (json?["errors"] as? [[String: Any]])?.first
            let envelope = listed ?? (json?["NeutronError"] ?? json?["error"]) as? [String: Any]
            return envelope?["message"] as? String ?? ""
        }

        var description: String {
            switch status {
            case 401:
                "\(tokenFile): \(server.value) does not know its token, or no longer; name a file with another one"
            case 403:
                "\(tokenFile): the token may not do that at \(server.value) (\(message)); name the file of a user who may"
            default: "the control plane refuses (\(status)): \(message)"
            }
        }
    }
}

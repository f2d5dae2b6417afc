import ArgumentParser
import AsyncHTTPClient
import Foundation
import Host
import NIOCore
import NIOHTTP1
import NIOSSL

/// How a command reaches a control plane.
struct RemoteOptions: ParsableArguments {
    @Option(help: "https://NAME:PORT of a control plane, instead of this host's own agent.")
    var server: String?

    @Option(help: "A file with the API token for --server.")
    var tokenFile: String?

    @Option(help: "The certificate of the server's authority (default: what the system trusts).")
    var authority: String?

    func validate() throws {
        guard server == nil || tokenFile != nil else {
            throw ValidationError("--server: who asks? give --token-file FILE too")
        }
    }

    /// The client, where a control plane is named.
    func client() throws -> ServerClient? {
        guard let server, let tokenFile else { return nil }
        guard let bytes = try DurableFile.read(tokenFile) else {
            throw NotFound("--token-file \(tokenFile): there is no such file")
        }
        let token = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return ServerClient(server: server, token: token, authority: authority)
    }
}

/// Asks a control plane.
struct ServerClient: Sendable {
    let server: String
    let token: String
    let authority: String?

    /// Sends a request; a refusal is thrown in the server's words.
    func send(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = []) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        if let authority {
            guard let pem = try DurableFile.read(authority) else {
                throw NotFound("--authority \(authority): there is no such file")
            }
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(pem))
            configuration.tlsConfiguration = tls
        }
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(60))
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
        var request = HTTPClientRequest(url: (server.hasSuffix("/") ? String(server.dropLast()) : server) + path)
        request.method = method
        request.headers.add(name: "X-Auth-Token", value: token)
        if !body.isEmpty { request.body = .bytes(body) }
        let response: HTTPClientResponse
        do {
            response = try await client.execute(request, timeout: .seconds(60))
        } catch {
            throw NotFound("control plane \(server): \(error)")
        }
        let buffer = try await response.body.collect(upTo: 64 << 20)
        let bytes = Array(buffer.readableBytesView)
        guard (200..<300).contains(response.status.code) else {
            throw Refusal(status: Int(response.status.code), body: bytes)
        }
        return bytes
    }

    /// What the server said instead of doing it.
    struct Refusal: Error, CustomStringConvertible {
        let status: Int
        let body: [UInt8]

        var description: String {
            let json = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
            let listed = (json?["errors"] as? [[String: Any]])?.first
            let envelope = listed ?? (json?["NeutronError"] ?? json?["error"]) as? [String: Any]
            return "the control plane refuses (\(status)): \(envelope?["message"] as? String ?? "")"
        }
    }
}

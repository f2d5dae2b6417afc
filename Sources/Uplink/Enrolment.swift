import AsyncHTTPClient
import Crypto
import Foundation
import Host
import Link
import Model
import NIOCore
import NIOHTTP1
import NIOSSL

/// Takes a host in: once, with a token that an administrator made.
///
/// The token ends with the fingerprint of the server's authority, so that nobody else can answer in its place. The host's
/// private key is made here and stays here.
struct Enrolment {
    let server: String
    let host: String
    let folder: UplinkFolder

    func run(token text: String) async throws {
        let parts = text.split(separator: ".").map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, parts[1].count == 64 else {
            throw UplinkError.token(
                "\"\(text.prefix(6))…\" is not TOKEN.FINGERPRINT; copy the whole line that was printed")
        }
        let authority = try await fetchAuthority(fingerprint: parts[1])
        let key = P256.Signing.PrivateKey()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(authority.utf8)))
        var request = HTTPClientRequest(url: server + "/api/agent/enrol")
        request.method = .POST
        request.body = .bytes(
            try ControlCodec.encode(
                EnrolmentRequest(token: parts[0], host: host, publicKeyPEM: key.publicKey.pemRepresentation)))
        let answer: EnrolmentAnswer = try ControlCodec.decode(try await Exchange.run(request, tls: tls))
        try DurableFile.makeFolder(folder.path, mode: 0o700)
        try DurableFile.replace(folder.authority, with: Array(answer.authorityPEM.utf8), mode: 0o644)
        try DurableFile.replace(folder.key, with: Array(key.pemRepresentation.utf8), mode: 0o600)
        // Last: a host with its certificate is enrolled.
        try DurableFile.replace(folder.certificate, with: Array(answer.certificatePEM.utf8), mode: 0o644)
    }

    /// The authority's certificate, from a connection that is not trusted yet: its fingerprint is.
    private func fetchAuthority(fingerprint: String) async throws -> String {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        let bytes = try await Exchange.run(HTTPClientRequest(url: server + "/api/agent/authority"), tls: tls)
        let certificate = try NIOSSLCertificate(bytes: bytes, format: .pem)
        let seen = hexadecimal(SHA256.hash(data: try certificate.toDERBytes()))
        guard seen == fingerprint.lowercased() else {
            throw UplinkError.wrongAuthority(wanted: fingerprint, seen: seen)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// One request on a connection of its own.
enum Exchange {
    static func run(_ request: HTTPClientRequest, tls: TLSConfiguration) async throws -> [UInt8] {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = tls
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(20))
        let client = HTTPClient(configuration: configuration)
        do {
            let bytes = try await client.run(request)
            try await client.shutdown()
            return bytes
        } catch {
            try await client.shutdown()
            throw error
        }
    }
}

extension HTTPClient {
    /// The body of an answer that is no refusal.
    func run(_ request: HTTPClientRequest) async throws -> [UInt8] {
        let response = try await execute(request, timeout: .seconds(30))
        var buffer = try await response.body.collect(upTo: 16 << 20)
        let bytes = buffer.readBytes(length: buffer.readableBytes) ?? []
        guard (200..<300).contains(Int(response.status.code)) else {
            throw UplinkError.refused(Int(response.status.code), String(decoding: bytes.prefix(500), as: UTF8.self))
        }
        return bytes
    }
}

import Crypto
import Delivery
import Foundation
import HTTPTypes
import Link
import Model
import Registry
import Testing

@testable import Server
@testable import Service

/// The control plane signs what goes on from what it signed, once, for the host that an interface is on.
@Suite struct ManifestSigningTests {
    private static let web = PeerCertificate(name: "web-1", serial: "1")
    private static let other = PeerCertificate(name: "other", serial: "2")

    private func scene() async throws -> (server: ServerUnderTest, interface: String, port: JSON) {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "mel")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "mel")
        await server.bind(port, to: "web-1")
        try await server.plane.registry.change(by: .system("test", requestID: "req-1")) { change in
            _ = try change.enrol("web-1", certificateSerial: "1")
            _ = try change.enrol("other", certificateSerial: "2")
        }
        return (server, try #require(port["id"]?.text), port)
    }

    /// The line of a manifest without objects.
    private func line(
        _ interface: String, number: Int = 1, chain: Int64 = 1_000, previous: String? = nil, hour: Int64 = 490_000,
        note: String = ""
    ) -> String {
        let link = previous.map { #","previous":"\#($0)""# } ?? ""
        return #"{"chain":\#(chain),"format":1,"hour":\#(hour),"interface":"\#(interface)","number":\#(number)"#
            + #","objects":[]\#(link)\#(note)}"#
    }

    private func sign(
        _ server: ServerUnderTest, _ lines: [String], as peer: PeerCertificate = web
    ) async throws -> ManifestSigningAnswer {
        let body = try ControlCodec.encode(ManifestSigningRequest(manifests: lines))
        let answer = try await server.plane.hosts.answer(
            Call(method: .post, path: ["agent", "manifests"], body: body, peer: peer))
        return try ControlCodec.decode(answer.body)
    }

    /// SHA-256 of the file that a signed line becomes.
    private func file(_ line: String, _ answer: ManifestSigningAnswer) throws -> String {
        let signature = try #require(answer.signatures.first.flatMap { $0 }.flatMap { bytes(ofHexadecimal: $0) })
        let file = try Manifest.file(Array(line.utf8), signature, by: answer.key)
        let key = try #require(ManifestKey.Public(answer.key))
        #expect(throws: Never.self) { try Manifest(file, confirmedBy: [key]) }
        return hexadecimal(SHA256.hash(data: file))
    }

    @Test func `a chain is signed link by link, and no link twice`() async throws {
        let (server, interface, _) = try await scene()
        let first = line(interface)
        let signed = try await sign(server, [first])
        let hash = try file(first, signed)
        // The same again, after an answer that was lost.
        #expect(try await sign(server, [first]).signatures == signed.signatures)
        let another = try await sign(server, [line(interface, note: #","x":1"#)])
        #expect(another.signatures == [nil])
        #expect(another.reasons.first??.contains("is signed already") == true)
        #expect(try await sign(server, [line(interface, number: 2, previous: "00")]).signatures == [nil])
        let second = line(interface, number: 2, previous: hash)
        #expect(try await sign(server, [second]).signatures.first != .some(nil))
        #expect(try await sign(server, [first]).signatures == [nil])
        // A chain that began later, after a loss of the delivery's state; the earlier one is over.
        #expect(try await sign(server, [line(interface, chain: 2_000)]).signatures.first != .some(nil))
        #expect(try await sign(server, [line(interface, number: 3, previous: hash)]).signatures == [nil])
    }

    @Test func `no host signs for another, for what never was, or for hours to come`() async throws {
        let (server, interface, _) = try await scene()
        #expect(try await sign(server, [line(interface)], as: Self.other).signatures == [nil])
        let strange = [
            line(Change.newID()), line(interface, hour: 900_000), line(interface, chain: .max),
            line(interface, number: 0),
            "{", "", line(interface) + "\n{}",
        ]
        let answer = try await sign(server, strange)
        #expect(answer.signatures == strange.map { _ in nil })
        #expect(answer.reasons.allSatisfy { $0 != nil })
    }

    @Test func `an interface that moved away is signed for by both hosts, for its own chains`() async throws {
        let (server, interface, port) = try await scene()
        await server.bind(port, to: "other")
        for peer in [Self.web, Self.other] {
            #expect(try await sign(server, [line(interface)], as: peer).signatures.first != .some(nil))
        }
    }

    @Test func `the public key is anybody's to read`() async throws {
        let (server, interface, _) = try await scene()
        let key = await server.call(.get, "/api/agent/manifest-key", as: nil)
        #expect(key.status == .ok)
        let text = String(decoding: key.body, as: UTF8.self)
        #expect(ManifestKey.Public(text)?.text == (try await sign(server, [line(interface)]).key))
    }
}

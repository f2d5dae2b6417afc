import Foundation
import GRDB
import HTTPTypes
import Host
import Link
import Model
import Registry
import Testing

@testable import IdentityAPI
@testable import NativeAPI
@testable import NeutronAPI
@testable import Server
@testable import Service
@testable import VPCAPI

/// Credentials of buckets: sealed at rest, told to hosts that need them, and to nobody else.
@Suite struct BucketCredentialsTests {
    private static let secret = "wJalrXUtnFEMI-K7MDENG"
    private static let body =
        #"{"bucket": {"name": "cos", "url": "s3://cos?endpoint=https://127.0.0.1:1", "access_key": "AKIA", "secret_key": "\#(secret)"}}"#

    /// A server with bucket `cos` and a collector of a VPC into it, whose interface is on host `web-1`.
    private func scene() async throws -> ServerUnderTest {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        #expect(await server.call(.post, "/api/buckets", Self.body).status == .created)
        try await server.plane.registry.change(by: .system("test", requestID: "req-1")) { change in
            let bucket = try #require(
                try StoredBucket.filter(Column("name") == "cos").fetchOne(change.database))
            _ = try change.createCollector(
                StoredCollector(
                    id: Change.newID(), projectID: bucket.projectID, vpcID: shop.vpc, name: "c",
                    target: (.vpc, shop.vpc), bucketID: bucket.id))
            _ = try change.enrol("web-1", certificateSerial: "1")
            _ = try change.enrol("other", certificateSerial: "2")
        }
        return server
    }

    /// The first lines that a host's stream bears.
    private func told(_ server: ServerUnderTest, _ host: String, _ count: Int) async throws -> [HostMessage] {
        let secrets = BucketSecrets(keyFile: server.folder + "/data/secrets.key")
        let service = HostService(
            server.plane.registry, region: ServedRegion(), folder: server.folder + "/hosts", certificates: nil,
            secrets: secrets)
        let call = Call(
            method: .get, path: ["api", "agent", "stream"],
            peer: PeerCertificate(name: host, serial: host == "web-1" ? "1" : "2"))
        let stream = try #require(try await service.stream(call))
        var messages: [HostMessage] = []
        for await line in stream.lines {
            messages.append(try ControlCodec.decode(line))
            if messages.count == count { break }
        }
        return messages
    }

    private func credentials(_ message: HostMessage) throws -> [HostCredentials] {
        guard case .credentials(let told) = message else {
            Issue.record("\(message) in place of credentials")
            return []
        }
        return told
    }

    @Test func `a host is told them before the policy that names them`() async throws {
        let server = try await scene()
        let messages = try await told(server, "web-1", 2)
        let credentials = try #require(try credentials(messages[0]).first)
        #expect(credentials.name.hasPrefix("sealed-"))
        #expect(credentials.content.contains(Self.secret))
        guard case .revision(let revision) = messages[1] else { return #expect(Bool(false), "no revision") }
        #expect(
            revision.policy.collectors.map(\.bucket) == [
                "s3://cos?endpoint=https://127.0.0.1:1&credentials=\(credentials.name)"
            ])
        #expect(!String(decoding: try ControlCodec.encode(revision), as: UTF8.self).contains(Self.secret))
        guard case .revision = try await told(server, "other", 1)[0] else {
            return #expect(Bool(false), "another host is told credentials")
        }
    }

    @Test func `other credentials have another name, so that hosts are told of them`() async throws {
        let server = try await scene()
        let first = try credentials(try await told(server, "web-1", 1)[0])
        let change = #"{"bucket": {"access_key": "AKIB", "secret_key": "another"}}"#
        #expect(await server.call(.patch, "/api/buckets/cos", change, as: "mel").status == .forbidden)
        #expect(await server.call(.patch, "/api/buckets/cos", change).status == .ok)
        let second = try credentials(try await told(server, "web-1", 1)[0])
        #expect(second.map(\.name) != first.map(\.name))
        #expect(second.first?.content.contains("another") == true)
    }

    @Test func `nothing but the host's stream tells them`() async throws {
        let server = try await scene()
        let listed = await server.call(.get, "/api/buckets")
        #expect(listed.json?["buckets"]?.items?.contains { $0["credentials"] == .bool(true) } == true)
        let newest = await server.call(.get, "/api/revisions?limit=1").json?["revisions"]?.items?.first?["number"]?
            .number
        for path in ["/api/buckets", "/api/audit", "/api/revisions/\(newest ?? 0)"] {
            let answer = await server.call(.get, path)
            #expect(answer.status == .ok)
            #expect(!String(decoding: answer.body, as: UTF8.self).contains(Self.secret), "\(path)")
        }
        try server.plane.registry.backup(to: server.folder + "/copy.sqlite")
        let files = ["copy.sqlite", "data/registry.sqlite", "data/registry.sqlite-wal", "data/secrets.key"]
        for file in files {
            guard let bytes = try DurableFile.read(server.folder + "/" + file) else { continue }
            #expect(Data(bytes).range(of: Data(Self.secret.utf8)) == nil, "\(file)")
        }
        let key = try FileManager.default.attributesOfItem(atPath: server.folder + "/data/secrets.key")
        #expect((key[.posixPermissions] as? NSNumber)?.intValue == 0o600)
    }

    @Test func `a lost key is said, and the bucket can be given credentials anew`() async throws {
        let server = try await scene()
        try FileManager.default.removeItem(atPath: server.folder + "/data/secrets.key")
        let fault = await server.call(.post, "/api/buckets/cos/test", as: "mel").json?["fault"]?.text
        #expect(fault?.contains("put the right key file back, or set the secret anew") == true)
        // The policy goes out without them.
        guard case .revision = try await told(server, "web-1", 1)[0] else {
            return #expect(Bool(false), "no revision")
        }
        let change = #"{"bucket": {"access_key": "AKIB", "secret_key": "another"}}"#
        #expect(await server.call(.patch, "/api/buckets/cos", change).status == .ok)
        #expect(try credentials(try await told(server, "web-1", 1)[0]).count == 1)
    }

    @Test(arguments: [
        (#""url": "file:x", "access_key": "A", "secret_key": "S""#, "a folder has no credentials"),
        (#""url": "s3://cos?credentials=lab", "access_key": "A", "secret_key": "S""#, "names credentials of the hosts"),
        (#""url": "s3://cos?credentials=sealed-1-1""#, "those of another bucket"),
        (#""url": "s3://cos", "access_key": "A""#, "both are wanted"),
        (#""url": "s3://cos", "access_key": "A", "secret_key": """#, "both are wanted"),
    ]) func `credentials that cannot be are refused`(members: String, words: String) async throws {
        let server = try await ServerUnderTest()
        let answer = await server.call(.post, "/api/buckets", #"{"bucket": {"name": "cos", \#(members)}}"#)
        #expect(answer.status == .badRequest)
        #expect(answer.message?.contains(words) == true)
    }

    @Test func `they go with their bucket`() async throws {
        let server = try await ServerUnderTest()
        _ = await server.call(.post, "/api/buckets", Self.body)
        func count() async throws -> Int? {
            try await server.plane.registry.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM bucket_secret") }
        }
        #expect(try await count() == 1)
        #expect(await server.call(.delete, "/api/buckets/cos").status == .noContent)
        #expect(try await count() == 0)
    }
}

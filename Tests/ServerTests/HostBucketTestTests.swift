import HTTPTypes
import Link
import Model
import Registry
import Testing

@testable import Server
@testable import Service

/// A bucket is tried by the hosts that fill it.
@Suite struct HostBucketTestTests {
    private static let web = PeerCertificate(name: "web-1", serial: "1")
    private static let other = PeerCertificate(name: "other", serial: "2")

    /// A server with a collector into bucket `flowlogs`, whose interface is on host `web-1`.
    private func scene() async throws -> ServerUnderTest {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        _ = try await server.made(
            "flow_log_collectors", #"{"target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        try await server.plane.registry.change(by: .system("test", requestID: "req-1")) { change in
            _ = try change.enrol("web-1", certificateSerial: "1")
            _ = try change.enrol("other", certificateSerial: "2")
        }
        return server
    }

    private func stream(_ server: ServerUnderTest, understands: [String]) async throws -> HostStream {
        let call = Call(
            method: .get, path: ["api", "agent", "stream"], query: understands.map { ("understands", $0) },
            peer: Self.web)
        return try #require(try await server.plane.hosts.stream(call))
    }

    /// The next bucket that a host is asked to try.
    private func asked(_ stream: HostStream) async throws -> BucketTestRequest {
        for await line in stream.lines {
            if case .bucketTest(let request) = try ControlCodec.decode(line) as HostMessage { return request }
        }
        throw Ended()
    }

    private struct Ended: Error {}

    private func answer(
        _ server: ServerUnderTest, _ request: BucketTestRequest, _ fault: String?, as peer: PeerCertificate
    ) async throws {
        let body = try ControlCodec.encode(BucketTestAnswer(id: request.id, fault: fault))
        let answer = try await server.plane.hosts.answer(
            Call(method: .post, path: ["agent", "bucket-tests"], body: body, peer: peer))
        #expect(answer.status == .noContent)
    }

    @Test(arguments: [nil, "no object can be put: it is full"])
    func `what the host says is the answer, and another host's word is not`(fault: String?) async throws {
        let server = try await scene()
        let stream = try await stream(server, understands: ["bucket-tests", "what-comes-later"])
        async let tested = server.call(.post, "/api/buckets/flowlogs/test", as: "mel")
        let request = try await asked(stream)
        #expect(request.bucket == "file:buckets/flowlogs")
        try await answer(server, request, "a lie", as: Self.other)
        try await answer(server, request, fault, as: Self.web)
        let answer = try #require(await tested.json)
        #expect(answer["tested_by"]?.text == "hosts")
        #expect(answer["writable"] == .bool(fault == nil))
        #expect(answer["fault"]?.text == fault.map { "host web-1: \($0)" })
        #expect(answer["hosts"]?.items?.map { $0["name"]?.text } == ["web-1"])
    }

    @Test func `a host that is away, or of a release before, is not called writable`() async throws {
        let server = try await scene()
        let away = try #require(await server.call(.post, "/api/buckets/flowlogs/test", as: "mel").json)
        #expect(away["writable"] == .bool(false))
        #expect(away["fault"]?.text?.hasPrefix("host web-1: it did not say") == true)
        let stream = try await stream(server, understands: [])
        let former = try #require(await server.call(.post, "/api/buckets/flowlogs/test", as: "mel").json)
        #expect(former["writable"] == .bool(false))
        withExtendedLifetime(stream) {}
    }
}

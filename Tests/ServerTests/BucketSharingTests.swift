import HTTPTypes
import Model
import Registry
import Server
import Service
import Testing

/// One project's bucket, filled by another's collectors.
@Suite struct BucketSharingTests {
    /// A server with bucket `mine` of project demo and a VPC of project rival, on host `far`; the VPC's id.
    private func scene() async throws -> (server: ServerUnderTest, vpc: String) {
        let server = try await ServerUnderTest()
        await server.call(.post, "/api/buckets", #"{"bucket": {"name": "mine", "url": "file:mine"}}"#)
        let network = try await server.network(as: "oscar")
        let port = try await server.make(
            "ports", "port", #"{"network_id": "\#(network)", "device_id": "vm"}"#, as: "oscar")
        await server.bind(port, to: "far")
        return (server, network)
    }

    private func open(_ server: ServerUnderTest, _ projects: String, as user: String = "mel") async -> Answer {
        await server.call(.patch, "/api/buckets/mine", #"{"bucket": {"projects": [\#(projects)]}}"#, as: user)
    }

    private func fill(_ server: ServerUnderTest, _ vpc: String, _ bucket: String = #""name": "mine""#) async -> Answer {
        await server.vpc(
            .post, "flow_log_collectors",
            #"{"target": {"id": "\#(vpc)"}, "storage_bucket": {\#(bucket)}}"#, as: "oscar")
    }

    private func delivers(_ server: ServerUnderTest) async throws -> [Bool] {
        try await server.plane.registry.read { try HostPolicy.revision(forHost: "far", in: $0) }.policy.collectors
            .map(\.isActive)
    }

    @Test func `another project's bucket is refused until it is opened`() async throws {
        let (server, vpc) = try await scene()
        let refused = await fill(server, vpc)
        #expect(refused.status == .badRequest)
        #expect(refused.code == "service_error")
        #expect(refused.target == "storage_bucket.name")
        let words = refused.json?["errors"]?.items?.first?["message"]?.text
        #expect(words?.contains("gatehouse bucket allow mine rival") == true)
        #expect(await open(server, #""rival""#).json?["bucket"]?["projects"] == .array(["rival"]))
        #expect(await fill(server, vpc).status == .created)
        #expect(try await delivers(server) == [true])
        let seen = await server.call(.get, "/api/buckets", as: "oscar").json?["buckets"]?.items ?? []
        let mine = seen.first { $0["name"] == "mine" }
        #expect(mine?["own"] == .bool(false))
        #expect(mine?["projects"] == nil)
    }

    @Test func `a CRN says whose bucket is meant`() async throws {
        let (server, vpc) = try await scene()
        await server.call(
            .post, "/api/buckets", #"{"bucket": {"name": "theirs", "url": "file:theirs", "shared": true}}"#)
        let demo = try #require(
            try await server.plane.registry.read { try Identity.project(named: "demo", in: $0) }?.id)
        func crn(_ account: String, _ name: String) -> String {
            #""crn": "crn:v1:gatehouse:private:is:local:a/\#(account)::bucket:\#(name)""#
        }
        #expect(await fill(server, vpc, crn(demo, "mine")).target == "storage_bucket.crn")
        #expect(await open(server, #""\#(demo)", "rival""#).json?["bucket"]?["projects"] == .array(["rival"]))
        #expect(await fill(server, vpc, crn(demo, "mine")).status == .created)
        // An account that has no such bucket says nothing: IBM's CRNs have accounts of their own.
        let subnet = try #require(
            await server.vpc(.get, "subnets", as: "oscar").json?["subnets"]?.items?.first?["id"]?.text)
        #expect(await fill(server, subnet, crn("0123", "theirs")).status == .created)
    }

    @Test func `taking the right away stops deliveries, and giving it again resumes them`() async throws {
        let (server, vpc) = try await scene()
        _ = await open(server, #""rival""#)
        let made = await fill(server, vpc)
        let id = try #require(made.json?["id"]?.text)
        let closed = await open(server, "")
        let stopped = closed.json?["stopped_collectors"]?.items ?? []
        #expect(stopped.map { $0["id"]?.text } == [id])
        #expect(stopped.map { $0["project"]?.text } == ["rival"])
        #expect(try await delivers(server) == [false])
        let shown = await server.vpc(.get, "flow_log_collectors/\(id)", as: "oscar").json
        #expect(shown?["active"] == .bool(true))
        #expect(shown?["gatehouse"]?["note"]?.text?.contains("no longer open") == true)
        _ = await open(server, #""rival""#)
        #expect(try await delivers(server) == [true])
    }

    @Test func `only the owner and administrators open a bucket`() async throws {
        let (server, _) = try await scene()
        #expect(await open(server, #""rival""#, as: "oscar").status == .notFound)
        #expect(await open(server, #""rival""#, as: "rita").status == .forbidden)
        #expect(await open(server, #""rival""#, as: "ada").status == .ok)
        #expect(await open(server, #""rival""#, as: "oscar").status == .notFound)
        #expect(await server.call(.delete, "/api/buckets/mine", as: "oscar").status == .forbidden)
        let stranger = await open(server, #""nobody""#)
        #expect(stranger.status == .badRequest)
        #expect(stranger.message?.contains(#"there is no project "nobody""#) == true)
        let shared = await server.call(
            .patch, "/api/buckets/flowlogs", #"{"bucket": {"projects": ["rival"]}}"#, as: "ada")
        #expect(shared.status == .badRequest)
        let entries =
            await server.call(.get, "/api/audit?action=bucket.update&outcome=success").json?["entries"]?.items ?? []
        #expect(entries.count == 1)
    }
}

import HTTPTypes
import Registry
import Service
import Testing

@testable import NeutronAPI
@testable import Server
@testable import VPCAPI

/// A collection of its own, which the list that is served is given: what the registry calls groups, under another name.
private struct Clubs: Resource {
    let collection = "clubs"
    let singular = "club"
    let plural = "clubs"
    let attributes: [NeutronAPI.Attribute] = []
    let hasTags = false

    func render(_ objects: [StoredGroup], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        objects.map { JSONObject([("id", .string($0.id)), ("name", .string($0.name))] + standardTail($0)) }
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredGroup] { [] }
    func delete(_ object: StoredGroup, _ work: Work) throws {}
}

private struct Weather: VPCCollection {
    static let path = "weather"
    static let routes = [APIRoute(.get, path)]
    static let showsObjects = false
    let request: VPCRequest

    func answer() async throws -> Answer { Answer(.ok, .object(["weather": "fair"])) }
}

/// A further collection of an API is a type and an entry of its list: no other place names them one by one.
@Suite struct FurtherResourceTests {
    @Test func `a further resource of Neutron's API is listed, shown, filtered and named by the version`() async throws
    {
        let server = try await ServerUnderTest()
        let group = await server.call(.post, "/networking/v2.0/security-groups", #"{"security_group": {"name": "g"}}"#)
        let id = try #require(group.json?["security_group"]?["id"]?.text)
        let service = NeutronService(
            registry: server.plane.registry,
            authenticator: Authenticator(server.plane.registry, admitsAnonymous: false),
            policy: { server.access.policy }, projects: { _, _ in Answer(.notFound) },
            resources: NeutronService.standardResources + [Clubs()])
        func ask(_ path: [String], query: [(String, String)] = []) async throws -> Answer {
            var headers = HTTPFields()
            headers[try #require(HTTPField.Name("X-Auth-Token"))] = "ada-token-0123456789"
            return try await service.answer(
                Call(method: .get, path: path, query: query.map { (key: $0.0, value: $0.1) }, headers: headers))
        }
        #expect(try await ask(["v2.0", "clubs", id]).json?["club"]?["name"] == "g")
        #expect(try await ask(["v2.0", "clubs"], query: [("name", "g")]).json?["clubs"]?.items?.count == 1)
        #expect(try await ask(["v2.0", "clubs"], query: [("name", "h")]).json?["clubs"]?.items?.isEmpty == true)
        let index = try await ask(["v2.0"]).json?["resources"]?.items ?? []
        #expect(index.contains { $0["collection"] == "clubs" })
        #expect(index.count == NeutronService.standardResources.count + 1)
    }

    @Test func `a further collection of the VPC API is served`() async throws {
        let server = try await ServerUnderTest()
        let service = VPCService(
            VPCGround(
                registry: server.plane.registry, policy: { server.access.policy },
                settings: VPCSettings(served: ServedRegion(), quotas: VPCQuotas(), largestBody: 1 << 20),
                probe: BucketProbe(
                    dataFolder: server.folder, registry: server.plane.registry,
                    secrets: BucketSecrets(keyFile: server.folder + "/secrets.key")),
                bucketTests: server.plane.hosts.bucketTests),
            Authenticator(server.plane.registry, admitsAnonymous: false),
            collections: VPCService.standardCollections + [Weather.self])
        var headers = HTTPFields()
        headers[.authorization] = "Bearer ada-token-0123456789"
        let call = Call(
            method: .get, path: ["weather"], query: [("version", "2026-11-03"), ("generation", "2")], headers: headers)
        let answer = try await service.answer(call)
        #expect(answer.status == .ok, "\(String(decoding: answer.body, as: UTF8.self))")
        #expect(answer.json?["weather"] == "fair")
    }
}

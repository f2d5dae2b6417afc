import Foundation
import GRDB
import HTTPTypes
import Model
import Records
import Registry
import Server
import Service
import Testing

/// Hosts write the CRNs that the VPC API shows.
@Suite struct NamesInObjectsTests {
    private static let region = ServedRegion(name: "lab-east", zones: ["lab-east-1", "lab-east-2"])

    /// The policy that a host is told, through the wire's own encoding.
    private func told(_ server: ServerUnderTest, _ host: String) async throws -> Policy {
        try await server.plane.registry.read {
            try HostPolicy.revision(forHost: host, of: Self.region, in: $0)
        }.policy
    }

    private func crn(_ server: ServerUnderTest, _ path: String) async -> String? {
        await server.vpc(.get, path).json?["crn"]?.text
    }

    @Test(arguments: ["lab-east-1", "lab-east-2"])
    func `names of things in objects are those of the API`(zone: String) async throws {
        let server = try await ServerUnderTest(region: Self.region)
        let shop = try await server.shop(zone: zone)
        let made = try await server.made(
            "flow_log_collectors", #"{"target": {"id": "\#(shop.vpc)"}, "storage_bucket": {"name": "flowlogs"}}"#)
        let policy = try await told(server, "web-1")
        let placement = try #require(policy.placements.first)
        let collector = try #require(policy.collectors.first)
        let region = try #require(placement.region)
        #expect(
            await crn(server, "vpcs/\(shop.vpc)") == CloudResourceName(vpcOf: placement, region: region).description)
        #expect(
            await crn(server, "subnets/\(shop.subnet)")
                == CloudResourceName(subnetOf: placement, region: region).description)
        #expect(
            await crn(server, "instances/\(shop.instance)")
                == CloudResourceName(instanceOf: placement, region: region).description)
        #expect(
            made["crn"]?.text
                == CloudResourceName(collector, account: placement.project, region: region).description)
        var line = ByteLine()
        let objects = try #require(
            FlowObjectFormat(
                collector: collector, placement: placement,
                names: .init(Catalogue(), host: "web-1", for: [collector.format]), region: "elsewhere"))
        _ = objects.append([], start: .now, end: .now, hasLoss: false, to: &line)
        #expect(line.text.contains(try #require(made["crn"]?.text)))
    }

    @Test func `records and events name the project beside its id`() async throws {
        let server = try await ServerUnderTest()
        let network = try await server.network(as: "oscar")
        let port = try await server.make("ports", "port", #"{"network_id": "\#(network)"}"#, as: "oscar")
        await server.bind(port, to: "node-1")
        let policy = try await told(server, "node-1")
        let placement = try #require(policy.placements.first)
        #expect(placement.project.count == 32)
        #expect(placement.projectName == "rival")
        // What an agent of before wrote down has no name.
        let former = try JSONDecoder().decode(
            Placement.self,
            from: Data(
                String(decoding: try JSONEncoder().encode(placement), as: UTF8.self)
                    .replacing(#""projectName":"rival","#, with: "").replacing(#","projectName":"rival""#, with: "")
                    .utf8))
        #expect(former.project == placement.project)
        #expect(former.projectName == nil)
    }

    @Test func `a port that no API placed is in the first zone on both sides`() async throws {
        let server = try await ServerUnderTest(region: Self.region)
        let network = try await server.network(as: "mel")
        let port = try await server.make(
            "ports", "port", #"{"network_id": "\#(network)", "device_id": "vm-7"}"#, as: "mel")
        await server.bind(port, to: "node-1")
        let before = try #require(try await told(server, "node-1").placements.first)
        let shown = await server.vpc(.get, "instances?name=vm-7").json?["instances"]?.items?.first?["crn"]?.text
        let after = try #require(try await told(server, "node-1").placements.first)
        for placement in [before, after] {
            #expect(CloudResourceName(instanceOf: placement, region: "lab-east").description == shown)
        }
    }

    @Test func `a policy file names zones of the server's region only`() async throws {
        let prefix = IPPrefix(containing: IPAddress(ipv4: 0x0a05_0000), length: 24)
        let server = try await ServerUnderTest(region: Self.region)
        let project = try #require(
            try await server.plane.registry.read { try Identity.project(named: "demo", in: $0) })
        func apply(_ region: String?, _ zone: String?) async throws {
            let subnet = Subnet(id: Identifier(derivedFrom: "s"), name: "web", prefixes: [prefix], zone: zone)
            let vpc = VPC(
                id: Identifier(derivedFrom: "v"), name: "shop", prefixes: [prefix], subnets: [subnet], groups: [],
                instances: [])
            let declaration = PolicyDeclaration(
                Policy(project: "demo", region: region, vpcs: [vpc]), projectID: project.id, host: "h", prunes: false,
                region: Self.region, rights: .init { _, _ in nil })
            _ = try await server.plane.registry.change(by: .system("test", requestID: "req-1")) {
                try declaration.make(in: $0)
            }
        }
        func words(_ region: String?, _ zone: String?) async -> String {
            do {
                try await apply(region, zone)
                return ""
            } catch {
                return "\(error)"
            }
        }
        #expect(await words("lab-west", nil).contains("this control plane serves lab-east"))
        #expect(await words(nil, "lab-east-3").contains("subnet web: there is no zone lab-east-3"))
        #expect(await words("lab-east", "lab-east-2").isEmpty)
        #expect(await words(nil, nil).isEmpty)
        #expect(await words(nil, "lab-east-1").contains("never changes; write zone: lab-east-2"))
        let shown = await server.vpc(.get, "subnets").json?["subnets"]?.items?.first
        #expect(shown?["zone"]?["name"] == "lab-east-2")
    }
}

import Model
import TestSupport
import Testing

@testable import Records

@Suite struct FlowObjectFormatTests {
    private static let formats: [FlowLogFormat] = [
        .ibm, .ibmPlus, .jsonLines, .aws(columns: AWSField.defaultNames),
    ]
    private let shop: Shop
    private let end = Timestamp(seconds: 1_793_700_960)

    init() throws { shop = try Shop() }

    private func format(_ format: FlowLogFormat, at placement: Placement? = nil) throws -> FlowObjectFormat {
        let collector = Collector(
            id: Identifier(derivedFrom: "collector", "c"), name: "c", target: .vpc("shop"), bucket: "file:logs",
            format: format)
        return try #require(
            FlowObjectFormat(
                collector: collector, placement: placement ?? shop.web,
                names: .init(shop.catalogue, host: "host-1", for: [format]), region: "local"))
    }

    @Test func `a key of AWS's has the slot of the span's last instant`() throws {
        func key(_ seconds: Int64) throws -> String {
            try format(.aws(columns: [])).key(.all, end: end.advanced(by: .seconds(seconds)), stream: end, counter: 0)
        }
        let collector = Identifier<Collector>(derivedFrom: "collector", "c")
        #expect(try key(0).hasPrefix("AWSLogs/demo/vpcflowlogs/local/2026/11/03/demo_vpcflowlogs_local_\(collector)_"))
        #expect(try key(0).contains("_20261103T1015Z_"))
        // 10:20:00 is the end of the slot of 10:15.
        #expect(try key(240).contains("_20261103T1015Z_"))
        #expect(try key(241).contains("_20261103T1020Z_"))
        #expect(try key(0).hasSuffix(".log.gz"))
    }

    @Test func `a key of lines names every place in its folders`() throws {
        let web = shop.web
        #expect(
            try format(.jsonLines).key(.all, end: end, stream: end, counter: 7)
                == "gatehouse_flows_v1/account=demo/region=local/vpc-id=\(web.vpc)/subnet-id=\(web.subnet)"
                + "/instance-id=\(web.instance)/vnic-id=\(web.interface)/year=2026/month=11/day=03/hour=10"
                + "/stream-id=20261103T101600Z/00000007.jsonl.gz")
    }

    @Test(arguments: formats) func `no key is written twice`(format: FlowLogFormat) throws {
        var keys: Set<String> = []
        var count = 0
        for placement in [shop.web, shop.database] {
            let objects = try self.format(format, at: placement)
            for part in try #require(ObjectFormats.standard[format]).parts {
                for stream in [0, 60] {
                    for hour in [0, 3600] {
                        for counter in 0..<500 {
                            let end = end.advanced(by: .seconds(hour))
                            keys.insert(
                                objects.key(
                                    part, end: end, stream: self.end.advanced(by: .seconds(stream)), counter: counter))
                            count += 1
                        }
                    }
                }
            }
        }
        #expect(keys.count == count)
    }

    @Test(arguments: formats) func `a key says its interface and hour`(format: FlowLogFormat) throws {
        let key = try self.format(format).key(
            try #require(ObjectFormats.standard[format]).parts[0], end: end,
            stream: end.advanced(by: .seconds(-86_400)), counter: 3)
        let place = try #require(ObjectFormats.standard.place(key: key))
        #expect(place.interface == shop.web.interface)
        #expect(place.hour == end.seconds / 3600)
        #expect(ObjectFormats.standard.keyPrefixes.contains { key.hasPrefix($0) })
    }

    @Test func `a span that ends with an hour belongs to the next in every format`() throws {
        let eleven = Timestamp(seconds: 1_793_703_600)
        for format in Self.formats {
            let key = try self.format(format).key(.all, end: eleven, stream: end, counter: 0)
            #expect(ObjectFormats.standard.place(key: key)?.hour == eleven.seconds / 3600)
        }
    }

    @Test(arguments: [
        "", "AWSLogs/", "AWSLogs/a_b_c.log.gz", "AWSLogs/x_20261103T1015Z_ff.log.gz", "elsewhere/vnic-id=1",
        "ibm_vpc_flowlogs_v1/vnic-id=x/year=2026/month=11/day=03/hour=10/0.gz",
        "gatehouse_flows_v1/vnic-id=0e86db6f-4f1b-891e-bb82-0f4016d7a468/year=2026/month=13/day=03/hour=10/0.gz",
    ]) func `a key of another shape has no place`(key: String) {
        #expect(ObjectFormats.standard.place(key: key) == nil)
    }

    @Test(arguments: ["..", "", "a/b c", "é\u{0}"]) func `any project's name makes a key of safe parts`(project: String)
        throws
    {
        let policy = Policy(project: project, vpcs: shop.revision.policy.vpcs)
        for format in Self.formats {
            let key = try self.format(format, at: policy.placements[0]).key(.all, end: end, stream: end, counter: 0)
            #expect(key.utf8.allSatisfy { (0x21...0x7e).contains($0) })
            #expect(
                !key.split(separator: "/", omittingEmptySubsequences: false).contains { ["", ".", ".."].contains($0) })
            #expect(ObjectFormats.standard.place(key: key)?.interface == shop.web.interface)
        }
    }

    @Test func `names have the region and zones of the placement`() throws {
        let policy = shop.revision.policy
        let vpc = policy.vpcs[0]
        let front = Subnet(
            id: vpc.subnets[0].id, name: "front", prefixes: [], zone: "lab-east-2")
        let moved = Policy(
            project: "demo", region: "lab-east",
            vpcs: [VPC(id: vpc.id, name: "shop", prefixes: [], subnets: [front], groups: [], instances: vpc.instances)])
        let placement = moved.placements[0]
        let key = try format(.ibm, at: placement).key(.ingress, end: end, stream: end, counter: 0)
        #expect(key.contains("/region=lab-east/"))
        #expect(key.contains("is%3Alab-east%3Aa%2Fdemo%3A%3Avpc"))
        #expect(key.contains("is%3Alab-east-2%3Aa%2Fdemo%3A%3Asubnet"))
        #expect(key.contains("is%3Alab-east-2%3Aa%2Fdemo%3A%3Ainstance"))
        #expect(
            try format(.aws(columns: []), at: placement).key(.all, end: end, stream: end, counter: 0).contains(
                "/lab-east/")
        )
    }
}

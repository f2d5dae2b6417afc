import HTTPTypes
import Server
import Service
import Testing

/// Wrong input on the VPC API: the code, the status and the field that the contract says.
@Suite struct VPCErrorTests {
    @Test func `each refusal has its code, status and field`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let group = try await server.group(in: shop.vpc, "g")
        let zone = #""zone": {"name": "local-1"}"#
        let vpc = #""vpc": {"id": "\#(shop.vpc)"}"#
        let cases: [(HTTPRequest.Method, String, String, Int, String, String?)] = [
            (.post, "vpcs", #"{"name": "shop"}"#, 400, "validation_unique_failed", "name"),
            (.post, "vpcs", #"{"name": "1234"}"#, 400, "validation_invalid_name", "name"),
            (.post, "vpcs", #"{"name": "a-"}"#, 400, "validation_invalid_name", "name"),
            (.post, "vpcs", #"{"name": 7}"#, 400, "validation_invalid_field_type", "name"),
            (.post, "vpcs", "nonsense", 400, "validation_failure", nil),
            (.post, "vpcs", #"{"resource_group": {"id": "x"}}"#, 404, "not_found", "resource_group.id"),
            (.post, "subnets", "{\(vpc), \(zone)}", 400, "validation_required_field", "ipv4_cidr_block"),
            (
                .post, "subnets", #"{\#(vpc), "ipv4_cidr_block": "10.2.0.0/24"}"#, 400, "validation_required_field",
                "zone"
            ),
            (
                .post, "subnets", #"{\#(vpc), "zone": {"name": "mars"}, "ipv4_cidr_block": "10.2.0.0/24"}"#, 404,
                "not_found", "zone.name"
            ),
            (
                .post, "subnets", #"{\#(vpc), \#(zone), "ipv4_cidr_block": "10.1.0.0/25"}"#, 400, "subnet_conflict",
                "ipv4_cidr_block"
            ),
            (
                .post, "subnets", #"{\#(vpc), \#(zone), "ipv4_cidr_block": "fd00::/64"}"#, 400,
                "validation_invalid_ipv4_cidr", "ipv4_cidr_block"
            ),
            (.post, "subnets", #"{\#(vpc), \#(zone), "ipv4_cidr_block": "10.2.0.0/30"}"#, 400, "bad_field", nil),
            (.post, "security_groups", #"{"vpc": {}}"#, 400, "validation_only_one", "vpc"),
            (.post, "security_groups", "{}", 400, "validation_required_field", "vpc"),
            (
                .post, "security_groups", #"{\#(vpc), "rules": [{"direction": "inbound"}]}"#, 400,
                "validation_required_field", "rules[0].protocol"
            ),
            (.delete, "security_groups/\(shop.group)", "", 409, "security_group_vpc_default", nil),
            (.delete, "network_acls/\(shop.acl)", "", 409, "acl_in_use", nil),
            (.delete, "subnets/\(shop.subnet)", "", 409, "subnet_not_empty", nil),
            (.delete, "vpcs/\(shop.vpc)", "", 409, "vpc_in_use", nil),
            (.delete, "security_groups/\(group)/targets/\(shop.interface)", "", 404, "not_found", nil),
            (
                .delete, "security_groups/\(shop.group)/targets/\(shop.interface)", "", 409,
                "security_group_last_security_group", nil
            ),
            (
                .post, "instances", #"{\#(zone), "primary_network_attachment": {}}"#, 400, "bad_field",
                "primary_network_attachment"
            ),
            (
                .post, "virtual_network_interfaces",
                #"{"subnet": {"id": "\#(shop.subnet)"}, "primary_ip": {"address": "10.1.0.4"}}"#, 400, "bad_field", nil
            ),
            (
                .post, "virtual_network_interfaces",
                #"{"subnet": {"id": "\#(shop.subnet)"}, "primary_ip": {"address": "10.1"}}"#, 400,
                "validation_invalid_address", "primary_ip.address"
            ),
            (.get, "keys", "", 404, "not_found", nil), (.post, "regions", "", 404, "not_found", nil),
            (.get, "vpcs/x/y/z", "", 404, "not_found", nil), (.put, "vpcs", "", 404, "not_found", nil),
            (.patch, "vpcs/none", #"{"name": "x"}"#, 404, "not_found", "id"),
        ]
        for (method, path, body, status, code, field) in cases {
            let answer = await server.vpc(method, path, body)
            #expect(answer.status.code == status, "\(method) \(path) \(body)")
            #expect(answer.code == code, "\(method) \(path) \(body)")
            if let field { #expect(answer.target == field, "\(method) \(path) \(body)") }
            #expect(answer.json?["trace"]?.text?.isEmpty == false)
        }
    }

    @Test func `another project's objects are not there`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        for path in [
            "vpcs/\(shop.vpc)", "subnets/\(shop.subnet)", "instances/\(shop.instance)",
            "security_groups/\(shop.group)", "network_acls/\(shop.acl)", "security_groups/\(shop.group)/rules",
            "network_acls/\(shop.acl)/rules", "instances/\(shop.instance)/network_interfaces",
        ] {
            #expect(await server.vpc(.get, path, as: "oscar").status == .notFound, "\(path)")
            #expect(await server.vpc(.get, path, as: "rita").status == .ok, "\(path)")
        }
        for collection in ["vpcs", "subnets", "instances", "security_groups", "network_acls"] {
            #expect(await server.vpc(.get, collection, as: "oscar").json?["total_count"] == .int(0), "\(collection)")
        }
        #expect(
            await server.vpc(.post, "security_groups", #"{"vpc": {"id": "\#(shop.vpc)"}}"#, as: "oscar").target
                == "vpc.id")
        let none = await server.vpc(.get, "vpcs", as: nil)
        #expect(none.status == .unauthorized)
        #expect(none.code == "not_authorized")
        #expect(await server.vpc(.post, "vpcs", "{}", as: "rita").status == .forbidden)
    }
}

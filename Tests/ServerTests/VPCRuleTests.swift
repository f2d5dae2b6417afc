import HTTPTypes
import Server
import Service
import Testing
import VPCAPI

/// Rules of groups on the VPC API.
@Suite struct VPCRuleTests {
    private static let old = "2025-12-08"

    @Test func `a protocol is spelled as the caller's version spells it`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let group = try await server.group(in: shop.vpc, "g")
        func post(_ word: String, _ version: String) async -> Answer {
            await server.vpc(
                .post, "security_groups/\(group)/rules", #"{"direction": "inbound", "protocol": "\#(word)"}"#,
                version: version)
        }
        for (word, version, shown) in [
            ("all", Self.old, "icmp_tcp_udp"), ("icmp_tcp_udp", "2025-12-09", "icmp_tcp_udp"), ("any", Self.old, "any"),
            ("any", "2025-12-09", "any"), ("tcp", Self.old, "tcp"), ("number_0", "2025-12-09", "number_0"),
        ] {
            let answer = await post(word, version)
            #expect(answer.json?["protocol"] == .string(word), "\(word) \(version)")
            let id = answer.json?["id"]?.text ?? ""
            let read = await server.vpc(.get, "security_groups/\(group)/rules/\(id)")
            #expect(read.json?["protocol"] == .string(shown), "\(word) \(version)")
        }
        for (word, version) in [
            ("icmp_tcp_udp", Self.old), ("all", "2025-12-09"), ("number_6", Self.old), ("number_07", Self.old),
            ("number_256", Self.old), ("TCP", Self.old), ("", Self.old),
        ] { #expect(await post(word, version).code == "validation_enum", "\(word) \(version)") }
        for path in ["vpcs/\(shop.vpc)/default_security_group", "security_groups/\(shop.group)", "security_groups"] {
            let text = String(decoding: await server.vpc(.get, path, version: Self.old).body, as: UTF8.self)
            #expect(text.contains(#""protocol":"all""#), "\(path)")
            #expect(!text.contains(#""protocol":"icmp_tcp_udp""#), "\(path)")
        }
    }

    @Test func `an ACL's deny is all to the old and any to the new`() async throws {
        let server = try await ServerUnderTest()
        let rules = "network_acls/\(try await server.shop().acl)/rules"
        func post(_ action: String, _ word: String, _ version: String) async -> Answer {
            await server.vpc(
                .post, rules,
                #"{"action": "\#(action)", "direction": "inbound", "protocol": "\#(word)", "source": "0.0.0.0/0", "destination": "0.0.0.0/0"}"#,
                version: version)
        }
        let deny = await post("deny", "all", Self.old)
        let id = try #require(deny.json?["id"]?.text)
        #expect(await server.vpc(.get, "\(rules)/\(id)").json?["protocol"] == "any")
        #expect(await server.vpc(.get, "\(rules)/\(id)", version: Self.old).json?["protocol"] == "all")
        #expect(await post("deny", "any", Self.old).code == "validation_enum")
        #expect(await post("deny", "icmp_tcp_udp", "2025-12-09").code == "validation_enum")
        // `all` stays `all` to the old caller, and means the three protocols where it allows.
        let allowed = await server.vpc(.patch, "\(rules)/\(id)", #"{"action": "allow"}"#, version: Self.old)
        #expect(allowed.json?["protocol"] == "all")
        #expect(await server.vpc(.get, "\(rules)/\(id)").json?["protocol"] == "icmp_tcp_udp")
        #expect(await server.vpc(.patch, "\(rules)/\(id)", #"{"action": "deny"}"#).code == "bad_field")
    }

    @Test func `a patch leaves a rule that is valid as a whole`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group(in: try await server.shop().vpc, "g")
        let made = try await server.made(
            "security_groups/\(group)/rules",
            #"{"direction": "inbound", "protocol": "tcp", "port_min": 80, "port_max": 90, "name": "r"}"#)
        let rule = "security_groups/\(group)/rules/\(try #require(made["id"]?.text))"
        let before = await server.vpc(.get, rule).body
        for (body, code) in [
            (#"{"port_min": 95}"#, "security_group_port_max_less_than_port_min"),
            (#"{"port_min": null}"#, "security_group_port_range_both_or_neither"),
            (#"{"type": 8}"#, "security_group_type_code_invalid_protocol"), (#"{"protocol": "udp"}"#, "bad_field"),
            (#"{"name": null}"#, "validation_invalid_field_type"), ("[]", "validation_failure"),
            (#"{"remote": {"cidr_block": "::/0"}}"#, "bad_field"), ("{", "validation_failure"),
        ] { #expect(await server.vpc(.patch, rule, body).code == code, "\(body)") }
        #expect(await server.vpc(.get, rule).body == before)
        let open = await server.vpc(.patch, rule, #"{"port_min": null, "port_max": null, "gatehouse": {"x": 1}}"#)
        #expect(open.json?["port_min"] == nil)
        #expect(open.json?["name"] == "r")
        #expect(open.json?["id"] == made["id"])
    }

    @Test(
        arguments: [
            ("allow_ssh", "inbound", "tcp", 22), ("allow_http", "inbound", "tcp", 80),
            ("allow_https", "inbound", "tcp", 443),
            ("allow_outbound", "outbound", "any", nil), ("allow_all", "inbound", "any", nil),
        ] as [(String, String, String, Int?)])
    func `a group can begin with ready-made rules of both families`(
        template: String, direction: String, word: String, port: Int?
    ) async throws {
        let server = try await ServerUnderTest()
        let vpc = #""vpc": {"id": "\#(try await server.shop().vpc)"}"#
        let group = try await server.made(
            "security_groups", #"{\#(vpc), "gatehouse": {"template": "\#(template)"}}"#)
        let rules = try #require(group["rules"]?.items)
        #expect(rules.map { $0["ip_version"] } == ["ipv4", "ipv6"])
        #expect(rules.allSatisfy { $0["direction"]?.text == direction && $0["protocol"]?.text == word })
        #expect(rules.allSatisfy { $0["port_min"]?.number == port })
        let wrong = await server.vpc(.post, "security_groups", #"{\#(vpc), "gatehouse": {"template": "allow_cats"}}"#)
        #expect(wrong.target == "gatehouse.template")
    }

    @Test func `ten rules made at once are all made`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group(in: try await server.shop().vpc, "g")
        let codes = await withTaskGroup(of: Int.self) { tasks in
            for port in 1...10 {
                tasks.addTask {
                    await server.vpc(
                        .post, "security_groups/\(group)/rules",
                        #"{"direction": "inbound", "protocol": "tcp", "port_min": \#(port), "port_max": \#(port)}"#
                    ).status.code
                }
            }
            return await tasks.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(codes == Array(repeating: 201, count: 10))
        #expect(await server.vpc(.get, "security_groups/\(group)/rules").json?["rules"]?.items?.count == 10)
    }

    @Test func `a ceiling holds, and is a setting`() async throws {
        var quotas = VPCQuotas()
        let known = [("rules-per-group", 2), ("groups-per-target", 2), ("cats", 1)].map { quotas.set($0.0, to: $0.1) }
        #expect(known == [true, true, false])
        let server = try await ServerUnderTest(quotas: quotas)
        let shop = try await server.shop()
        let rules = "security_groups/\(shop.group)/rules"
        #expect(
            await server.vpc(.post, rules, #"{"direction": "inbound", "protocol": "tcp"}"#).code == "over_quota")
        for (name, status) in [("a", 201), ("b", 400)] {
            let group = try await server.group(in: shop.vpc, name)
            let answer = await server.vpc(.put, "security_groups/\(group)/targets/\(shop.interface)")
            #expect(answer.status.code == status)
        }
    }

    @Test func `attaching is another right than managing`() async throws {
        let server = try await ServerUnderTest(policy: #"{"attach_security_group": "role:reader"}"#)
        let shop = try await server.shop()
        let group = try await server.group(in: shop.vpc, "g")
        let target = "security_groups/\(group)/targets/\(shop.interface)"
        #expect(await server.vpc(.put, target, as: "rita").status == .created)
        let refused = await server.vpc(.delete, target, as: "rita")
        #expect(refused.status == .forbidden)
        #expect(refused.code == "not_authorized")
        #expect(await server.vpc(.delete, "security_groups/\(group)", as: "rita").status == .forbidden)
        #expect(await server.vpc(.put, target, as: "oscar").status == .notFound)
    }
}

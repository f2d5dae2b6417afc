import HTTPTypes
import Server
import Service
import Testing

@Suite struct RuleContractTests {
    /// The body's attributes beside group and direction, the status, and the error's class.
    struct Case: Sendable, CustomTestStringConvertible {
        let attributes: String
        let status: Int
        var type: String?
        var testDescription: String { attributes }

        init(_ attributes: String, _ status: Int, _ type: String? = nil) {
            self.attributes = attributes
            self.status = status
            self.type = type
        }
    }

    @Test(arguments: [
        Case(#""protocol": "tcp", "port_range_min": 80, "port_range_max": 80"#, 201),
        Case(#""protocol": "6", "port_range_min": "80", "port_range_max": 90"#, 201),
        Case(#""protocol": "any""#, 201), Case(#""protocol": 112"#, 201),
        Case(#""protocol": "ICMP", "port_range_min": 0"#, 201),
        Case(#""ethertype": "ipv6", "protocol": "icmp", "port_range_min": 128"#, 201),
        Case(#""remote_ip_prefix": "10.1.2.3/8""#, 201), Case(#""remote_ip_prefix": "10.1.2.3""#, 201),
        Case(#""protocol": "tcp", "port_range_min": 1, "port_range_max": 65535"#, 201),
        Case(#""ethertype": "IPv5""#, 400, "SecurityGroupRuleInvalidEtherType"),
        Case(#""ethertype": 4"#, 400, "SecurityGroupRuleInvalidEtherType"),
        Case(#""protocol": "nonsense""#, 400, "SecurityGroupRuleInvalidProtocol"),
        Case(#""protocol": 256"#, 400, "SecurityGroupRuleInvalidProtocol"),
        Case(#""protocol": -1"#, 400, "SecurityGroupRuleInvalidProtocol"),
        Case(#""protocol": true"#, 400, "SecurityGroupRuleInvalidProtocol"),
        Case(
            #""protocol": "tcp", "port_range_min": 70000, "port_range_max": 70000"#, 400,
            "SecurityGroupInvalidPortValue"),
        Case(#""protocol": "tcp", "port_range_min": "x", "port_range_max": 1"#, 400, "SecurityGroupInvalidPortValue"),
        Case(#""protocol": "tcp", "port_range_min": 0, "port_range_max": 5"#, 400, "SecurityGroupInvalidPortValue"),
        Case(#""protocol": "tcp", "port_range_min": 90, "port_range_max": 80"#, 400, "SecurityGroupInvalidPortRange"),
        Case(#""protocol": "tcp", "port_range_min": 90"#, 400, "SecurityGroupInvalidPortRange"),
        Case(#""port_range_min": 80, "port_range_max": 80"#, 400, "SecurityGroupProtocolRequiredWithPorts"),
        Case(
            #""protocol": "gre", "port_range_min": 80, "port_range_max": 80"#, 400,
            "SecurityGroupInvalidProtocolForPort"),
        Case(#""protocol": "icmp", "port_range_min": 300"#, 400, "SecurityGroupInvalidIcmpValue"),
        Case(#""protocol": "icmp", "port_range_max": 3"#, 400, "SecurityGroupMissingIcmpType"),
        Case(#""remote_ip_prefix": "10.0.0.0/40""#, 400, "InvalidCIDR"),
        Case(#""remote_ip_prefix": "nowhere""#, 400, "InvalidCIDR"),
        Case(#""ethertype": "IPv6", "remote_ip_prefix": "10.0.0.0/8""#, 400, "SecurityGroupRuleParameterConflict"),
        Case(#""protocol": "ipv6-icmp""#, 400, "SecurityGroupEthertypeConflictWithProtocol"),
        Case(#""protocol": "58""#, 400, "SecurityGroupEthertypeConflictWithProtocol"),
        Case(#""remote_group_id": "11111111-2222-3333-4444-555555555555""#, 404, "SecurityGroupNotFound"),
        Case(#""remote_group_id": "nonsense""#, 400, "InvalidInput"),
        Case(#""surprise": 1"#, 400, "HTTPBadRequest"), Case(#""id": "x""#, 400, "HTTPBadRequest"),
        Case(#""remote_address_group_id": null"#, 201),
    ])
    func `a rule is taken or refused as Neutron does`(_ example: Case) async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g")
        let body =
            #"{"security_group_rule": {"security_group_id": "\#(group)", "direction": "ingress", \#(example.attributes)}}"#
        let answer = await server.call(.post, "/networking/v2.0/security-group-rules", body)
        #expect(answer.status.code == example.status)
        #expect(answer.errorType == example.type)
        let rules = await server.call(.get, "/networking/v2.0/security-group-rules?security_group_id=\(group)")
        // Two egress rules that every group begins with, and the new one where it was taken.
        #expect(rules.json?["security_group_rules"]?.items?.count == (example.status == 201 ? 3 : 2))
    }

    @Test func `rules that do the same are one rule`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g")
        func post(_ attributes: String) async -> Answer {
            await server.call(
                .post, "/networking/v2.0/security-group-rules",
                #"{"security_group_rule": {"security_group_id": "\#(group)", "direction": "ingress", \#(attributes)}}"#)
        }
        #expect(await post(#""protocol": "tcp", "port_range_min": 80, "port_range_max": 80"#).status == .created)
        for twin in [
            #""protocol": "6", "port_range_min": 80, "port_range_max": 80, "description": "other words""#,
            #""protocol": "TCP", "port_range_min": 80, "port_range_max": 80, "remote_ip_prefix": "0.0.0.0/0""#,
        ] {
            let answer = await post(twin)
            #expect(answer.status == .conflict)
            #expect(answer.errorType == "SecurityGroupRuleExists")
        }
        #expect(await post(#""protocol": "tcp", "remote_ip_prefix": "10.1.2.3/8""#).status == .created)
        #expect(await post(#""protocol": "tcp", "remote_ip_prefix": "10.0.0.0/8""#).status == .conflict)
    }

    @Test func `rules in bulk are taken all or none`() async throws {
        let server = try await ServerUnderTest()
        let group = try await server.group("g")
        let other = try await server.group("h")
        func rule(_ port: Int, _ group: String) -> String {
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp", "port_range_min": \#(port), "port_range_max": \#(port)}"#
        }
        func post(_ rules: [String]) async -> Answer {
            await server.call(
                .post, "/networking/v2.0/security-group-rules",
                #"{"security_group_rules": [\#(rules.joined(separator: ","))]}"#)
        }
        #expect(await post([rule(1, group), rule(1, group)]).errorType == "DuplicateSecurityGroupRuleInPost")
        #expect(await post([rule(1, group), rule(2, other)]).errorType == "SecurityGroupNotSingleGroupRules")
        #expect(await post([rule(1, group), rule(90_000, group)]).status == .badRequest)
        #expect(await post([]).status == .badRequest)
        let taken = await post([rule(1, group), rule(2, group)])
        #expect(taken.json?["security_group_rules"]?.items?.count == 2)
        let rules = await server.call(.get, "/networking/v2.0/security-group-rules?security_group_id=\(group)")
        #expect(rules.json?["security_group_rules"]?.items?.count == 4)
    }
}

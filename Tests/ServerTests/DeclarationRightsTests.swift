import HTTPTypes
import Link
import Model
import Registry
import Server
import Service
import Testing

/// A declaration does nothing that its caller could not do alone: each change is decided by the operation that Neutron's API,
/// or the VPC API, asks for.
@Suite struct DeclarationRightsTests {
    /// A change of a declaration, and the operation that it is.
    struct Case: Sendable, CustomTestStringConvertible {
        let operation: String
        /// What the policy of before is made.
        let edit: @Sendable (inout Policy) -> Void

        init(_ operation: String, _ edit: @escaping @Sendable (inout Policy) -> Void) {
            self.operation = operation
            self.edit = edit
        }

        var testDescription: String { operation }
    }

    /// Binding is given to members here, so that they can declare interfaces at all.
    private static let given = [
        "create_port:binding:host_id", "create_port:binding:profile", "update_port:binding:host_id",
        "update_port:binding:profile", "update_port:mac_address", "create_bucket",
    ]

    private static func rule(_ port: UInt16, _ description: String = "") -> Rule {
        Rule(
            id: Identifier(derivedFrom: "r", "\(port)"), direction: .ingress, family: .ipv4,
            service: .transport(.tcp, PortRange(port, port)), remote: .any, description: description)
    }

    private static func entry(_ name: String, _ port: UInt16) -> ACLRule {
        ACLRule(
            id: Identifier(derivedFrom: name), name: name, action: .allow, direction: .ingress,
            service: .transport(.tcp, PortRange(port, port)), source: nil)
    }

    private static func group(_ name: String, _ rules: [Rule] = []) -> SecurityGroup {
        SecurityGroup(id: Identifier(derivedFrom: "g", name), name: name, rules: rules)
    }

    private static func acl(_ name: String, _ rules: [ACLRule] = []) -> NetworkACL {
        NetworkACL(id: Identifier(derivedFrom: "a", name), name: name, rules: rules)
    }

    private static func collector(
        _ target: Collector.Target, _ bucket: String = "file:buckets/flowlogs", isActive: Bool = true
    ) -> Collector {
        Collector(id: Identifier(derivedFrom: "c"), name: "flows", target: target, bucket: bucket, isActive: isActive)
    }

    /// Subnet `web`, of 10.5.0.0/24.
    private static func subnet(acl: String?) -> Subnet {
        let subnet = OneInterface.policy().vpcs[0].subnets[0]
        return Subnet(id: subnet.id, name: subnet.name, prefixes: subnet.prefixes, acl: acl)
    }

    /// Interface `web-1/eth0`.
    private static func interface(
        device: String = "tap1", address: String = "10.5.0.4", mac: String? = nil, groups: [String] = ["web"],
        instance: String = "web-1"
    ) -> Instance {
        let former = OneInterface.policy(instance: instance).vpcs[0].instances[0].interfaces[0]
        let interface = Interface(
            id: former.id, name: former.name, subnet: former.subnet, addresses: [IPAddress(address)].compactMap { $0 },
            mac: mac.flatMap { MACAddress($0) }, device: device, groups: groups)
        return Instance(id: Identifier(derivedFrom: "m", instance), name: instance, interfaces: [interface])
    }

    /// One of everything.
    private static let before: Policy = {
        var policy = OneInterface.policy()
        policy.vpcs[0].groups = [group("web", [rule(22)]), group("spare")]
        policy.vpcs[0].acls = [acl("edge", [entry("a", 80), entry("b", 443)]), acl("other")]
        policy.vpcs[0].subnets = [subnet(acl: "edge")]
        policy.vpcs[0].instances = [interface()]
        policy.collectors = [collector(.vpc("shop"))]
        return policy
    }()

    /// A second interface, of an instance of its own.
    private static func another(_ policy: inout Policy, mac: String? = nil) {
        policy.vpcs[0].instances.append(
            interface(device: "tap2", address: "10.5.0.5", mac: mac, groups: [], instance: "web-2"))
    }

    static let cases = [
        Case("create_network") {
            $0.vpcs.append(
                VPC(
                    id: Identifier(derivedFrom: "v2"), name: "depot", prefixes: [], subnets: [], groups: [],
                    instances: []))
        },
        Case("create_subnet") { policy in
            let prefix = IPPrefix(containing: IPAddress("10.6.0.0") ?? IPAddress(ipv4: 0), length: 24)
            policy.vpcs[0].subnets.append(Subnet(id: Identifier(derivedFrom: "s2"), name: "db", prefixes: [prefix]))
        },
        Case("update_subnet") { $0.vpcs[0].subnets = [subnet(acl: "other")] },
        Case("create_security_group") { $0.vpcs[0].groups.append(group("new")) },
        Case("update_security_group") { policy in
            policy.vpcs[0].groups[1] = SecurityGroup(
                id: Identifier(derivedFrom: "g", "spare"), name: "spare", rules: [], isStateful: false)
        },
        Case("delete_security_group") { $0.vpcs[0].groups.remove(at: 1) },
        Case("create_security_group_rule") { $0.vpcs[0].groups[0] = group("web", [rule(22), rule(80)]) },
        Case("update_security_group_rule") { $0.vpcs[0].groups[0] = group("web", [rule(22, "shell")]) },
        Case("delete_security_group_rule") { $0.vpcs[0].groups[0] = group("web") },
        Case("create_network_acl") { $0.vpcs[0].acls.append(acl("third")) },
        Case("delete_network_acl") { $0.vpcs[0].acls.remove(at: 1) },
        Case("create_network_acl_rule") {
            $0.vpcs[0].acls[0] = acl("edge", [entry("a", 80), entry("b", 443), entry("c", 25)])
        },
        Case("update_network_acl_rule") { $0.vpcs[0].acls[0] = acl("edge", [entry("b", 443), entry("a", 80)]) },
        Case("delete_network_acl_rule") { $0.vpcs[0].acls[0] = acl("edge", [entry("a", 80)]) },
        Case("create_port") { another(&$0) },
        Case("create_port:fixed_ips") { another(&$0) },
        Case("create_port:fixed_ips:ip_address") { another(&$0) },
        Case("create_port:mac_address") { another(&$0, mac: "fa:16:3e:00:00:09") },
        Case("create_port:binding:host_id") { another(&$0) },
        Case("update_port") { $0.vpcs[0].instances = [interface(device: "tap9")] },
        Case("update_port:binding:profile") { $0.vpcs[0].instances = [interface(device: "tap9")] },
        Case("update_port:fixed_ips") { $0.vpcs[0].instances = [interface(address: "10.5.0.9")] },
        Case("update_port:mac_address") { $0.vpcs[0].instances = [interface(mac: "fa:16:3e:00:00:09")] },
        Case("delete_port") { $0.vpcs[0].instances = [] },
        Case("attach_security_group") { $0.vpcs[0].instances = [interface(groups: ["web", "spare"])] },
        Case("detach_security_group") { $0.vpcs[0].instances = [interface(groups: [])] },
        Case("create_flow_log_collector") { policy in
            policy.collectors.append(collector(.subnet(vpc: "shop", subnet: "web")))
        },
        Case("update_flow_log_collector") { $0.collectors = [collector(.vpc("shop"), isActive: false)] },
        Case("delete_flow_log_collector") { $0.collectors = [] },
        Case("create_bucket") {
            $0.collectors.append(collector(.subnet(vpc: "shop", subnet: "web"), "file:new/place"))
        },
        // What Neutron would say is not there cannot be changed here either.
        Case("get_security_group_rule") { $0.vpcs[0].groups[0] = group("web") },
        Case("get_port") { $0.vpcs[0].instances = [interface(device: "tap9")] },
    ]

    private func apply(
        _ policy: Policy, to server: ServerUnderTest, as user: String = "mel", isPlan: Bool = false
    ) async throws -> Answer {
        let body = try ControlCodec.encode(DeclareRequest(policy: policy, host: "h", prunes: true, isPlan: isPlan))
        return await server.call(.post, "/api/policy", String(decoding: body, as: UTF8.self), as: user)
    }

    /// Puts a policy in force that denies members an operation.
    private func deny(_ operation: String?, in server: ServerUnderTest) throws {
        var rules = Dictionary(uniqueKeysWithValues: Self.given.map { ($0, "role:member") })
        if let operation { rules[operation] = "role:admin" }
        let lines = rules.map { "\"\($0.key)\": \"\($0.value)\"" }
        try server.access.replace(try server.file("access.json", "{\(lines.joined(separator: ", "))}"))
    }

    @Test(arguments: cases)
    func `what the operator's file denies, no declaration does`(_ denied: Case) async throws {
        let server = try await ServerUnderTest()
        try deny(nil, in: server)
        #expect(try await apply(Self.before, to: server).status == .ok)
        var after = Self.before
        denied.edit(&after)
        try deny(denied.operation, in: server)
        let before = try await server.plane.registry.read { try Revisions.newest(in: $0) }
        for isPlan in [true, false] {
            let refused = try await apply(after, to: server, isPlan: isPlan)
            #expect(refused.status == .forbidden)
            #expect(
                refused.message?.contains("rule:\(denied.operation) is disallowed by policy") == true,
                "\(refused.message ?? "-")")
        }
        #expect(try await server.plane.registry.read { try Revisions.newest(in: $0) } == before)
        // What changes nothing is not refused.
        #expect(try await apply(Self.before, to: server).status == .ok)
        // The refusal was the operation's alone.
        try deny(nil, in: server)
        let made = try await apply(after, to: server)
        #expect(made.status == .ok, "\(made.message ?? "-")")
        #expect(made.json?["changes"]?.items?.isEmpty == false)
    }

    @Test func `declarations as such are a right, of members`() async throws {
        let server = try await ServerUnderTest()
        #expect(
            try await apply(Self.before, to: server, as: "rita").message
                == "rule:declare_policy is disallowed by policy")
        #expect(
            try await apply(Self.before, to: server, as: "nova").message
                == "rule:declare_policy is disallowed by policy")
        try deny("declare_policy", in: server)
        #expect(try await apply(Self.before, to: server).status == .forbidden)
        #expect(try await apply(Self.before, to: server, as: "ada").status == .ok)
    }
}

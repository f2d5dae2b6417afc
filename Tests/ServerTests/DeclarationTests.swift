import GRDB
import HTTPTypes
import Model
import Registry
import Server
import Service
import Testing

/// Policy files made so in the control plane: what the VPC API shows of them.
@Suite struct DeclarationTests {
    private static func policy(acls: [NetworkACL] = [], acl: String? = nil, _ collectors: [Collector] = []) -> Policy {
        let prefix = IPPrefix(containing: IPAddress("10.5.0.0") ?? IPAddress(ipv4: 0), length: 24)
        let interface = Interface(
            id: Identifier(derivedFrom: "i"), name: "eth0", subnet: "web",
            addresses: [IPAddress("10.5.0.4")].compactMap { $0 }, mac: nil, device: "tap1", groups: [])
        let instance = Instance(id: Identifier(derivedFrom: "m"), name: "web-1", interfaces: [interface])
        let subnet = Subnet(id: Identifier(derivedFrom: "s"), name: "web", prefixes: [prefix], acl: acl)
        return Policy(
            project: "demo",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "v"), name: "shop", prefixes: [prefix], subnets: [subnet], acls: acls,
                    groups: [], instances: [instance])
            ], collectors: collectors)
    }

    private func apply(
        _ policy: Policy, to server: ServerUnderTest, prunes: Bool = false, makesBuckets: Bool = true
    ) async throws -> [String] {
        let project = try #require(
            try await server.plane.registry.read { try Identity.project(named: "demo", in: $0) })
        let declaration = PolicyDeclaration(
            policy, projectID: project.id, host: "h", prunes: prunes,
            rights: .init { operation, _ in
                makesBuckets || operation != "create_bucket" ? nil : operation
            })
        return try await server.plane.registry.change(by: .system("test", requestID: "req-1")) {
            try declaration.make(in: $0)
        }
    }

    private func told(_ server: ServerUnderTest) async throws -> Policy {
        try await server.plane.registry.read { try HostPolicy.revision(forHost: "h", in: $0) }.policy
    }

    @Test func `a policy file's collectors are made, changed and pruned`() async throws {
        let server = try await ServerUnderTest()
        func collector(_ name: String, _ target: Collector.Target, _ bucket: String, active: Bool = true) -> Collector {
            Collector(
                id: Identifier(derivedFrom: name), name: name, target: target, bucket: bucket, isActive: active)
        }
        let whole = collector("whole", .vpc("shop"), "file:buckets/flowlogs")
        let machine = collector("machine", .instance(vpc: "shop", instance: "web-1"), "file:new/place")
        await #expect(throws: RegistryError.self) {
            try await apply(Self.policy([machine]), to: server, makesBuckets: false)
        }
        let first = try await apply(Self.policy([whole, machine]), to: server)
        #expect(
            first.filter { $0.contains("collector") || $0.contains("bucket ") } == [
                "+ bucket place file:new/place", "+ collector whole: vpc/shop to file:buckets/flowlogs",
                "+ collector machine: instance/shop/web-1 to file:new/place",
            ])
        #expect(try await apply(Self.policy([whole, machine]), to: server).isEmpty)
        let suspended = collector("whole", .vpc("shop"), "file:buckets/flowlogs", active: false)
        #expect(
            try await apply(Self.policy([suspended]), to: server, prunes: true) == [
                "~ collector whole: vpc/shop to file:buckets/flowlogs → vpc/shop to file:buckets/flowlogs, suspended",
                "- collector machine: instance/shop/web-1 to file:new/place",
            ])
        #expect(try await told(server).collectors.map(\.isActive) == [false])
    }

    @Test func `an enterprise policy and modes are refused in words that name the key, and nothing changes`()
        async throws
    {
        let server = try await ServerUnderTest()
        var enterprise = Self.policy()
        enterprise.enterprise = [
            EnterpriseRule(id: Identifier(derivedFrom: "r"), name: "no-telnet", action: .block, direction: .ingress)
        ]
        var network = Self.policy()
        network.vpcs[0].mode = .observe
        var interface = Self.policy()
        interface.vpcs[0].instances[0].interfaces[0].mode = .observe
        var collecting = Self.policy()
        collecting.vpcs[0].collected = []
        for (policy, place) in [
            (enterprise, "enterprise: no-telnet: "), (network, "vpc shop: observe: "),
            (interface, "interface shop/web-1/eth0: observe: "), (collecting, "vpc shop: collect: "),
        ] {
            let error = await #expect(throws: RegistryError.self) { try await apply(policy, to: server) }
            #expect(error?.code == .invalid(.body))
            #expect(
                error?.message.hasPrefix(place + "a control plane does not keep") == true, "\(error?.message ?? "")")
        }
        #expect(try await told(server).vpcs.isEmpty)
    }

    @Test func `a policy file's stateless groups are made, told and changed while nothing carries them`() async throws {
        let server = try await ServerUnderTest()
        func policy(isStateful: Bool, attached: Bool) throws -> Policy {
            var policy = Self.policy()
            policy.vpcs[0].groups = [
                SecurityGroup(id: Identifier(derivedFrom: "g"), name: "quick", rules: [], isStateful: isStateful)
            ]
            policy.vpcs[0].instances[0].interfaces[0].groups = attached ? ["quick"] : []
            return policy
        }
        let made = try await apply(policy(isStateful: false, attached: true), to: server)
        #expect(made.contains("+ group shop/quick: stateless"))
        #expect(try await told(server).vpcs[0].groups.map(\.isStateful) == [false])
        let error = await #expect(throws: RegistryError.self) {
            try await apply(policy(isStateful: true, attached: true), to: server)
        }
        #expect(error?.code == .inUse(.group))
        #expect(
            error?.message
                == "group quick: stateful cannot change while an interface carries the group; detach it first")
        _ = try await apply(policy(isStateful: false, attached: false), to: server)
        #expect(
            try await apply(policy(isStateful: true, attached: true), to: server) == [
                "~ group shop/quick: stateless → stateful", "~ interface shop/web-1/eth0: group quick attached",
            ])
        #expect(try await told(server).vpcs[0].groups.map(\.isStateful) == [true])
    }

    @Test func `a policy file's network ACLs are made, changed and pruned`() async throws {
        let server = try await ServerUnderTest()
        func rule(_ name: String, _ service: Service, _ direction: Direction = .ingress) -> ACLRule {
            ACLRule(
                id: Identifier(derivedFrom: name), name: name, action: .allow, direction: direction, service: service,
                source: try? IPPrefix(parsing: "10.0.0.0/8"))
        }
        let (web, dns, out) = (
            rule("web", .transport(.tcp, PortRange(443, 443))), rule("dns", .transport(.udp, nil)),
            rule("out", .any, .egress)
        )
        func acl(_ rules: [ACLRule]) -> NetworkACL {
            NetworkACL(id: Identifier(derivedFrom: "a"), name: "edge", rules: rules)
        }
        let first = try await apply(Self.policy(acls: [acl([web, out])], acl: "edge"), to: server)
        #expect(first.contains("+ subnet shop/web: 10.5.0.0/24, acl edge"))
        #expect(first.contains("+ acl rule shop/edge: allow ingress tcp/443 from 10.0.0.0/8 to any (web)"))
        func rules() async throws -> [ACLRule] { try await told(server).vpcs.first?.acls.first?.rules ?? [] }
        let before = try await rules()
        #expect(before.map(\.text) == [web, out].map(\.text))
        #expect(try await apply(Self.policy(acls: [acl([web, out])], acl: "edge"), to: server).isEmpty)
        // A rule that does the same keeps its id.
        let second = try await apply(Self.policy(acls: [acl([dns, web, out])], acl: "edge"), to: server)
        #expect(
            second == [
                "+ acl rule shop/edge: allow ingress udp from 10.0.0.0/8 to any (dns)",
                "~ acl shop/edge: acl rules in another order",
            ])
        let after = try await rules()
        #expect(after.map(\.text) == [dns, web, out].map(\.text))
        #expect(after.dropFirst().map(\.id) == before.map(\.id))
        // What the VPC API shows of it, it can show: every required field is there.
        let names = await server.vpc(.get, "network_acls").json?["network_acls"]?.items?.map { $0["name"] }
        #expect(names?.contains("edge") == true)
        let last = try await apply(Self.policy(), to: server, prunes: true)
        #expect(last.first == "~ subnet shop/web: 10.5.0.0/24, acl edge → 10.5.0.0/24")
        #expect(last.dropFirst().first == "- acl shop/edge")
        #expect(last.count == 5)
        #expect(try await rules().isEmpty)
    }

    @Test func `a rule's other description is told, and its id stays`() async throws {
        let server = try await ServerUnderTest()
        func policy(_ description: String) -> Policy {
            var policy = Self.policy()
            policy.vpcs[0].groups = [
                SecurityGroup(
                    id: Identifier(derivedFrom: "g"), name: "web",
                    rules: [
                        Rule(
                            id: Identifier(derivedFrom: "r"), direction: .ingress, family: .ipv4,
                            service: .transport(.tcp, PortRange(443, 443)), remote: .any, description: description)
                    ])
            ]
            policy.vpcs[0].instances[0].interfaces[0].groups = ["web"]
            return policy
        }
        _ = try await apply(policy("the shop"), to: server)
        let before = try await told(server).vpcs[0].groups[0].rules
        #expect(
            try await apply(policy("the new shop"), to: server) == [
                "~ rule shop/web: ingress tcp/443 from any (IPv4) (the shop) → ingress tcp/443 from any (IPv4) (the new shop)"
            ])
        let after = try await told(server).vpcs[0].groups[0].rules
        #expect(after.map(\.description) == ["the new shop"])
        #expect(after.map(\.id) == before.map(\.id))
        #expect(try await apply(policy("the new shop"), to: server).isEmpty)
    }

    /// The policy with blocks and pairs, and without a device where none is given.
    private static func spread(device: String?) throws -> Policy {
        var policy = policy()
        let interface = policy.vpcs[0].instances[0].interfaces[0]
        policy.vpcs[0].instances[0].interfaces[0] = Interface(
            id: interface.id, name: interface.name, subnet: interface.subnet, addresses: interface.addresses,
            prefixes: [try IPPrefix(parsing: "10.7.0.0/24")],
            pairs: [
                AddressPair(try IPPrefix(parsing: "10.5.0.100"), mac: MACAddress("00:00:5e:00:01:07")),
                AddressPair(try IPPrefix(parsing: "10.8.0.0/24")),
            ], mac: nil, device: device, groups: [])
        return policy
    }

    @Test func `blocks and pairs of a policy file come to the host, and again change nothing`() async throws {
        let server = try await ServerUnderTest()
        _ = try await apply(Self.policy(), to: server)
        let wanted = try Self.spread(device: "tap1")
        #expect(
            try await apply(wanted, to: server) == [
                "~ interface shop/web-1/eth0: prefixes  → 10.7.0.0/24, pairs  → 10.5.0.100 at 00:00:5e:00:01:07, 10.8.0.0/24"
            ])
        #expect(try await apply(wanted, to: server).isEmpty)
        let interface = try #require(try await told(server).vpcs.first?.instances.first?.interfaces.first)
        #expect(interface.prefixes == wanted.vpcs[0].instances[0].interfaces[0].prefixes)
        #expect(interface.pairs == wanted.vpcs[0].instances[0].interfaces[0].pairs)
    }

    @Test func `an interface without a device is no host's until one binds it, and stays bound`() async throws {
        let server = try await ServerUnderTest()
        let wanted = try Self.spread(device: nil)
        _ = try await apply(wanted, to: server)
        #expect(try await told(server).vpcs.isEmpty)
        func bind(_ device: String?) async throws -> StoredInterface {
            try await server.plane.registry.change(by: .system("test", requestID: "req-2")) {
                try $0.bind(
                    PortChoice(instance: "web-1", interface: "eth0", vpc: "shop", mac: nil), to: device, onHost: "h")
            }
        }
        #expect(try await bind("vnet7").profile == #"{"device":"vnet7"}"#)
        #expect(try await told(server).vpcs.first?.instances.first?.interfaces.first?.device == "vnet7")
        #expect(try await apply(wanted, to: server).isEmpty)
        #expect(try await told(server).vpcs.first?.instances.first?.interfaces.first?.device == "vnet7")
        #expect(try await bind(nil).host.isEmpty)
        #expect(try await told(server).vpcs.isEmpty)
    }

    @Test func `a subnet whose addresses come by DHCP is refused in words`() async throws {
        let server = try await ServerUnderTest()
        var policy = Self.policy()
        let subnet = policy.vpcs[0].subnets[0]
        policy.vpcs[0].subnets[0] = Subnet(
            id: subnet.id, name: subnet.name, prefixes: subnet.prefixes, dhcp: SubnetDHCP())
        let error = await #expect(throws: RegistryError.self) { try await apply(policy, to: server) }
        #expect(error?.message.contains("subnet shop/web: a control plane gives every address") == true)
    }
}

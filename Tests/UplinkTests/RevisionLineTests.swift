import Link
import Model
import Testing

/// The line that is written by hand against the codec's.
@Suite struct RevisionLineTests {
    private static let seeds: Range<UInt64> = 0..<600

    @Test func `a revision's line is the codec's, byte for byte`() throws {
        for seed in Self.seeds {
            var random = RandomRevision(seed: seed)
            let revision = random.revision()
            let line = try RevisionLine(revision)
            let expected = try ControlCodec.encode(HostMessage.revision(revision))
            #expect(line.bytes == expected, "seed \(seed): \(Self.difference(line.bytes, expected))")
        }
    }

    @Test func `a line's digest is that of the policy's text`() throws {
        for seed in Self.seeds {
            var random = RandomRevision(seed: seed)
            let revision = random.revision()
            let text = String(decoding: try ControlCodec.encode(revision.policy), as: UTF8.self)
            let expected = Identifier<Policy>(derivedFrom: "policy", text).description
            #expect(try RevisionLine(revision).digest == expected, "seed \(seed)")
            #expect(try revision.policy.digest == expected, "seed \(seed)")
        }
    }

    @Test func `a host reads the revision that was written`() throws {
        for seed in Self.seeds {
            var random = RandomRevision(seed: seed)
            let revision = random.revision()
            let message: HostMessage = try ControlCodec.decode(try RevisionLine(revision).bytes)
            guard case .revision(let read) = message else {
                Issue.record("seed \(seed): \(message)")
                continue
            }
            #expect(read == revision, "seed \(seed)")
        }
    }

    @Test func `the state before any policy has a line`() throws {
        let line = try RevisionLine(.none)
        #expect(
            String(decoding: line.bytes, as: UTF8.self) == """
                {"revision":{"_0":{"actor":"","madeAt":0,"number":0,"origin":"",\
                "policy":{"collectors":[],"project":"default","vpcs":[]},"ruleOrigins":{}}}}
                """)
    }

    @Test(arguments: Self.written)
    func `every stored property is one that the line has`(sample: Sample) {
        #expect(
            sample.properties == sample.written,
            "\(sample.name) has other properties than the line: write them in Sources/Link/CanonicalJSON*.swift")
    }

    /// What differs first, with what is around it.
    private static func difference(_ line: [UInt8], _ expected: [UInt8]) -> String {
        let place = zip(line, expected).enumerated().first { $1.0 != $1.1 }?.offset ?? min(line.count, expected.count)
        let parts = [line, expected].map {
            String(decoding: $0[max(0, place - 40)..<min($0.count, place + 40)], as: UTF8.self).debugDescription
        }
        return "byte \(place): \(parts[0]) in place of \(parts[1])"
    }
}

extension RevisionLineTests {
    /// A type that the line writes by hand, and what it writes of it, in the order of declaration.
    struct Sample: Sendable, CustomTestStringConvertible {
        let name: String
        let properties: [String]
        let written: [String]

        init(_ value: some Any, _ written: [String]) {
            name = "\(type(of: value))"
            properties = Mirror(reflecting: value).children.compactMap(\.label)
            self.written = written
        }

        var testDescription: String { name }
    }

    static let written = [
        Sample(
            Revision.none, ["number", "madeAt", "actor", "origin", "policy", "ruleOrigins", "notes"]),
        Sample(Catalogue.RevisionNote(.none), ["number", "madeAt", "actor", "origin"]),
        Sample(
            Policy.empty,
            ["project", "region", "vpcs", "collectors", "logs", "bridges", "assertions", "enterprise", "sinks"]),
        Sample(
            VPC(id: id(), name: "", prefixes: [], subnets: [], groups: [], instances: []),
            ["id", "name", "prefixes", "subnets", "acls", "groups", "instances", "mode", "collected"]),
        Sample(Subnet(id: id(), name: "", prefixes: []), ["id", "name", "prefixes", "acl", "zone", "dhcp"]),
        Sample(Instance(id: id(), name: "", interfaces: []), ["id", "name", "zone", "interfaces"]),
        Sample(
            Interface(id: id(), name: "", subnet: "", addresses: [], mac: nil, device: "", groups: []),
            [
                "id", "name", "subnet", "addresses", "prefixes", "pairs", "mac", "device", "project", "projectName",
                "groups", "mode",
            ]),
        Sample(AddressPair(IPPrefix(IPAddress(ipv4: 0))), ["prefix", "mac", "isShared"]),
        Sample(SubnetDHCP(), ["servers"]),
        Sample(
            SecurityGroup(id: id(), name: "", rules: []),
            ["id", "name", "rules", "membersElsewhere", "isPredefined", "isStateful", "mode"]),
        Sample(
            Rule(id: id(), direction: .ingress, service: .any, remote: .any),
            ["id", "direction", "family", "service", "remote", "local", "description"]),
        Sample(NetworkACL(id: id(), name: "", rules: []), ["id", "name", "rules"]),
        Sample(
            ACLRule(id: id(), action: .allow, direction: .ingress, service: .any),
            ["id", "name", "action", "direction", "family", "service", "sourcePorts", "source", "target"]),
        Sample(PortRange.all, ["lower", "upper"]),
        Sample(TransportProtocol.tcp, ["rawValue"]),
    ]

    private static func id<Subject>() -> Identifier<Subject> { Identifier(high: 0, low: 0) }
}

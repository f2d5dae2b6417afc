import Model
import TestSupport

/// Makes revisions in which every field takes every shape sooner or later.
struct RandomRevision {
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private static let letters =
        ["a", "Z", "0", "-", " ", "\"", "\\", "/", "'", "<", "&", "\u{7f}", "\u{80}", "é", "e\u{301}", "ß", "\u{2028}"]
        + ["\u{2029}", "\u{feff}", "\u{fffd}", "\u{ffff}", "日本", "😀", "👩‍👩‍👧", "\r\n", "10.0.0.0/8"]
        + (0..<32).map { String(Character(Unicode.Scalar(UInt8($0)))) }

    mutating func revision() -> Revision {
        Revision(
            number: random.pick([0, 1, 42, .max, -1]), madeAt: instant(), actor: text(), origin: text(),
            policy: policy(), ruleOrigins: ruleOrigins(), notes: maybe { $0.some { $0.note() } })
    }

    private mutating func policy() -> Policy {
        Policy(
            project: text(), region: maybe { $0.text() }, vpcs: some { $0.vpc() },
            collectors: random.chance(30) ? some { $0.collector() } : [],
            logs: maybe { $0.random.chance(50) ? [] : $0.some { $0.log() } },
            bridges: maybe { $0.random.chance(50) ? [] : $0.some { $0.bridge() } },
            assertions: maybe { $0.random.chance(50) ? [] : $0.some { $0.assertion() } },
            enterprise: maybe { $0.random.chance(50) ? [] : $0.some { $0.enterpriseRule() } },
            sinks: maybe { $0.random.chance(50) ? [] : $0.some { $0.sink() } })
    }

    private mutating func sink() -> Sink {
        let kind = random.pick(SinkKind.allCases)
        guard let address = try? SinkAddress(kind.example, of: kind) else { preconditionFailure("\(kind)'s example") }
        var sink = Sink(
            name: text(), kind: kind, address: address, sources: SinkSource.allCases, filter: maybe { $0.text() },
            format: kind.formats.first)
        (sink.rate, sink.secretFile, sink.user) = (maybe { _ in 5 }, maybe { $0.text() }, maybe { $0.text() })
        return sink
    }

    private mutating func assertion() -> PolicyAssertion {
        let ends: [PolicyAssertion.End] = [.any, .outside, .group(text()), .interface(text())]
        return PolicyAssertion(
            random.pick(PolicyAssertion.Claim.allCases), source: random.pick(ends), target: random.pick(ends),
            service: random.pick([
                .any, .icmpTCPUDP, .transport(.tcp, PortRange(1, 2)), .icmp(.icmp, type: 8, code: nil),
            ]))
    }

    private mutating func enterpriseRule() -> EnterpriseRule {
        EnterpriseRule(
            id: id(), name: text(), action: random.pick(EnterpriseRule.Action.allCases),
            direction: random.pick(Direction.allCases), source: end(), target: end(), services: some { $0.service() },
            scope: maybe { random in
                EnterpriseScope(projects: random.some { $0.text() }, vpcs: random.some { $0.text() })
            },
            isEnabled: random.chance(50), isLogged: random.chance(50),
            schedule: maybe {
                Schedule(from: $0.instant(), hours: [WeeklyHours(firstDay: 0, lastDay: 4, start: 1, end: 2)])
            },
            expires: maybe { $0.instant() }, owner: maybe { $0.text() }, note: maybe { $0.text() })
    }

    private mutating func end() -> EnterpriseEnd {
        let elements: [EnterpriseElement] = [
            .prefix(prefix()), .vpc(text()), .subnet(vpc: text(), name: text()), .group(vpc: text(), name: text()),
            .instance(vpc: text(), name: text()),
        ]
        return random.pick([.any, .anyOf(elements), .noneOf(elements)])
    }

    private mutating func mode() -> JudgingMode? { random.chance(30) ? .observe : nil }

    private mutating func bridge() -> BridgeSettings {
        BridgeSettings(name: text(), unknown: random.pick(BridgeSettings.Unknown.allCases), uplinks: some { $0.text() })
    }

    private mutating func vpc() -> VPC {
        VPC(
            id: id(), name: text(), prefixes: some { $0.prefix() }, subnets: some { $0.subnet() },
            acls: random.chance(30) ? some { $0.acl() } : [], groups: some { $0.group() },
            instances: some { $0.instance() }, mode: mode(),
            collected: random.chance(30) ? TrafficPath.allCases.filter { _ in random.chance(50) } : nil)
    }

    private mutating func subnet() -> Subnet {
        Subnet(
            id: id(), name: text(), prefixes: some { $0.prefix() }, acl: maybe { $0.text() }, zone: maybe { $0.text() },
            dhcp: maybe { random in SubnetDHCP(servers: random.some { $0.address() }) })
    }

    private mutating func instance() -> Instance {
        Instance(id: id(), name: text(), zone: maybe { $0.text() }, interfaces: some { $0.interface() })
    }

    private mutating func interface() -> Interface {
        Interface(
            id: id(), name: text(), subnet: text(), addresses: some { $0.address() }, prefixes: some { $0.prefix() },
            pairs: some { $0.pair() }, mac: maybe { MACAddress(bits: $0.sparse()) }, device: maybe { $0.text() },
            project: maybe { $0.text() },
            groups: some { $0.text() }, mode: mode())
    }

    private mutating func pair() -> AddressPair {
        AddressPair(prefix(), mac: maybe { MACAddress(bits: $0.sparse()) }, isShared: random.chance(50))
    }

    private mutating func group() -> SecurityGroup {
        SecurityGroup(
            id: id(), name: text(), rules: some { $0.rule() }, membersElsewhere: some { $0.address() },
            isPredefined: random.chance(50), isStateful: random.chance(50), mode: mode())
    }

    private mutating func rule() -> Rule {
        Rule(
            id: id(), direction: random.pick(Direction.allCases), family: family(), service: service(),
            remote: remote(), local: maybe { $0.prefix() }, description: text())
    }

    private mutating func remote() -> Remote {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: .any
        case 1: .prefix(prefix())
        default: .group(text())
        }
    }

    private mutating func service() -> Service {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .any
        case 1: .icmpTCPUDP
        case 2: .transport(TransportProtocol(rawValue: octet()), maybe { $0.ports() })
        default:
            .icmp(TransportProtocol(rawValue: octet()), type: maybe { $0.octet() }, code: maybe { $0.octet() })
        }
    }

    private mutating func acl() -> NetworkACL {
        NetworkACL(
            id: id(), name: text(),
            rules: some {
                ACLRule(
                    id: $0.id(), name: $0.text(), action: $0.random.pick(ACLRule.Action.allCases),
                    direction: $0.random.pick(Direction.allCases), family: $0.family(), service: $0.service(),
                    sourcePorts: $0.maybe { $0.ports() }, source: $0.maybe { $0.prefix() },
                    target: $0.maybe { $0.prefix() })
            })
    }

    private mutating func collector() -> Collector {
        let target: Collector.Target =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: .vpc(text())
            case 1: .subnet(vpc: text(), subnet: text())
            case 2: .instance(vpc: text(), instance: text())
            default: .interface(vpc: text(), instance: text(), interface: text())
            }
        return Collector(
            id: id(), name: text(), project: maybe { $0.text() }, target: target, bucket: text(),
            isActive: random.chance(50), format: random.pick([.ibm, .ibmPlus, .jsonLines, .aws(columns: ["start"])]),
            interval: Int.random(in: Collector.intervals, using: &random))
    }

    private mutating func log() -> LogResource {
        LogResource(
            id: text(), project: text(), event: random.pick([.accept, .drop, .all]), group: maybe { $0.id() },
            interface: maybe { $0.id() })
    }

    private mutating func note() -> Catalogue.RevisionNote {
        Catalogue.RevisionNote(
            number: Int(truncatingIfNeeded: sparse()), madeAt: instant(), actor: text(), origin: text())
    }

    /// Mostly ids, as they are; but any name is a name.
    private mutating func ruleOrigins() -> [String: Int] {
        var origins: [String: Int] = [:]
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let id: Identifier<Rule> = id()
            origins[random.chance(70) ? id.description : text()] = Int(truncatingIfNeeded: sparse())
        }
        return origins
    }

    // MARK: Values

    private mutating func text() -> String {
        if random.chance(40) { return random.pick(["", "web", "default", "10.1.0.0/16", "tap0e86db6f-4f"]) }
        return (0..<Int.random(in: 0..<40, using: &random)).map { _ in random.pick(Self.letters) }.joined()
    }

    private mutating func address() -> IPAddress {
        random.chance(50)
            ? IPAddress(ipv4: UInt32(truncatingIfNeeded: sparse())) : IPAddress(ipv6High: sparse(), low: sparse())
    }

    private mutating func prefix() -> IPPrefix {
        let address = address()
        return IPPrefix(
            containing: address, length: Int.random(in: 0...address.family.addressBits, using: &random))
    }

    private mutating func ports() -> PortRange {
        let lower = UInt16.random(in: 0...65535, using: &random)
        return PortRange(lower, UInt16.random(in: lower...65535, using: &random))
    }

    private mutating func id<Subject>() -> Identifier<Subject> { Identifier(high: sparse(), low: sparse()) }
    private mutating func family() -> AddressFamily? { maybe { $0.random.pick(AddressFamily.allCases) } }
    private mutating func octet() -> UInt8 { UInt8(truncatingIfNeeded: sparse()) }
    private mutating func instant() -> Timestamp { Timestamp(nanoseconds: Int64(bitPattern: sparse())) }

    /// A number of any size.
    private mutating func sparse() -> UInt64 { random.next() >> UInt64.random(in: 0..<64, using: &random) }

    private mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
        random.chance(50) ? make(&self) : nil
    }

    private mutating func some<Value>(_ make: (inout Self) -> Value) -> [Value] {
        var values: [Value] = []
        while values.count < 4, random.chance(60) { values.append(make(&self)) }
        return values
    }
}

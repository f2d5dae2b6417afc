import Model
import Records

/// A small policy that the tests of this room share: two instances, one group, one revision after another.
struct Shop {
    let revision: Revision
    let catalogue: Catalogue
    let web: Placement
    let database: Placement
    let https: Rule
    let group: SecurityGroup

    init() throws {
        var catalogue = Catalogue()
        let first = Revision.none.next(
            policy: Shop.policy(services: [.transport(.tcp, PortRange(443, 443))]), actor: "ada", origin: "shop.yaml",
            at: Timestamp(seconds: 1_793_700_000))
        let second = first.next(
            policy: Shop.policy(services: [.transport(.tcp, PortRange(443, 443)), .icmp(.icmp, type: 8, code: 0)]),
            actor: "bob \"b\"", origin: "shop.yaml", at: Timestamp(seconds: 1_793_700_600))
        catalogue.learn(first)
        catalogue.learn(second)
        self.revision = second
        self.catalogue = catalogue
        self.web = second.policy.placements[0]
        self.database = second.policy.placements[1]
        self.group = second.policy.vpcs[0].groups[0]
        self.https = group.rules[0]
    }

    private static func policy(services: [Service]) -> Policy {
        let rules = services.map {
            Rule(id: Identifier(derivedFrom: "unset"), direction: .ingress, service: $0, remote: .any)
        }
        let group = SecurityGroup(id: Identifier(derivedFrom: "group", "web"), name: "web", rules: rules)
        let subnet = Subnet(id: Identifier(derivedFrom: "subnet", "front"), name: "front", prefixes: [])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc", "shop"), name: "shop", prefixes: [], subnets: [subnet], groups: [group],
            instances: [
                instance(
                    "web-1", addresses: [IPAddress(ipv4: 0x0a01_010a), IPAddress(ipv6High: 0xfd00 << 48, low: 10)]),
                instance("db-1", addresses: [IPAddress(ipv4: 0x0a01_0114)]),
            ])
        return Policy(project: "demo", vpcs: [vpc])
    }

    private static func instance(_ name: String, addresses: [IPAddress]) -> Instance {
        let interface = Interface(
            id: Identifier(derivedFrom: "interface", name), name: "eth0", subnet: "front", addresses: addresses,
            mac: nil, device: "gh-\(name)", groups: ["web"])
        return Instance(id: Identifier(derivedFrom: "instance", name), name: name, interfaces: [interface])
    }

    /// An accepted HTTPS session toward `web-1`, with the sample packet.
    func event(packet: [UInt8] = SamplePacket.tcpSYN) -> SessionEvent {
        SessionEvent(
            sequence: 41, time: Timestamp(nanoseconds: 1_793_700_907_000_001_999), verdict: .accept, stage: .group,
            rule: https.id, revision: 2, interface: web.interface, direction: .ingress,
            key: FlowKey(
                initiator: IPAddress(ipv4: 0xac18_040a), target: IPAddress(ipv4: 0x0a01_010a), transport: .tcp,
                initiatorPort: 47825, targetPort: 443),
            packet: packet, sourceMAC: MACAddress(bits: 0xfa16_3e50_aab5), targetMAC: MACAddress(bits: 0xfa16_3eec_3632)
        )
    }

    /// What the session of `event` did in one window.
    func record(state: FlowRecord.State = .new) -> FlowRecord {
        let start = Timestamp(seconds: 1_793_700_900)
        var record = FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start.advanced(by: .seconds(7)),
            end: start.advanced(by: .milliseconds(9500)), connectionStart: start.advanced(by: .seconds(7)),
            connection: 77, interface: web.interface, direction: .ingress, verdict: .accept, stage: .group,
            rule: https.id, revision: 2,
            key: FlowKey(
                initiator: IPAddress(ipv4: 0x0a01_0114), target: IPAddress(ipv4: 0x0a01_010a), transport: .tcp,
                initiatorPort: 47825, targetPort: 443),
            state: state, fromInitiator: Traffic(packets: 14, bytes: 2210),
            fromTarget: Traffic(packets: 19, bytes: 18832),
            cumulativeFromInitiator: Traffic(packets: 14, bytes: 2210),
            cumulativeFromTarget: Traffic(packets: 19, bytes: 18832))
        record.sequence = 9
        return record
    }
}

import Capture
import Enforcement
import Host
import Model
import Policy
import PolicyFiles
import Rehearsal
import TestSupport

/// A host with five silent guests and an outside, under one policy: packets in, and what became of them.
///
/// Guests are `i0` to `i4` with the addresses 10.1.0.10 to .14 and fd00:1::10 to ::14; the outside is 192.0.2.7 and
/// 2001:db8::7, the host 10.1.0.1 and fd00:1::1.
final class Gate {
    static let outside = RandomTraffic.outside
    let judged: JudgedHost
    private(set) var revision = Revision.none

    init(_ label: String) throws { judged = try JudgedHost(label) }

    func remove() { judged.remove() }

    /// Enforces the rules of each guest's own group.
    func enforce(_ rules: [Int: [String]], stateful: Bool = true) throws {
        var lines = ["project: gate", "vpcs:", "  - name: v", "    cidrs: [10.1.0.0/24, \"fd00:1::/64\"]"]
        lines += ["    subnets: [{name: s, cidrs: [10.1.0.0/24, \"fd00:1::/64\"]}]", "    groups:"]
        for index in RandomPolicy.instances.indices {
            let own = (rules[index] ?? []).joined(separator: ", ")
            lines.append("      - {name: g\(index), stateful: \(stateful), rules: [\(own)]}")
        }
        lines.append("    instances:")
        for (index, name) in RandomPolicy.instances.enumerated() {
            let addresses = RandomPolicy.addresses(index).map { "\"\($0)\"" }.joined(separator: ", ")
            lines.append(
                "      - {name: \(name), interfaces: [{name: eth0, subnet: s, addresses: [\(addresses)], "
                    + "device: gh-\(name), groups: [g\(index)]}]}")
        }
        let policy = try PolicyFile.load(lines.joined(separator: "\n") + "\n", name: "gate.yaml")
        revision = revision.next(policy: policy, actor: "test", origin: "", at: Timestamp(seconds: 1))
        try judged.enforce(revision)
    }

    static func address(_ end: Int, _ family: AddressFamily = .ipv4) -> IPAddress {
        let addresses = end == outside ? RandomTraffic.outsideAddresses : RandomPolicy.addresses(end)
        return addresses[family == .ipv4 ? 0 : 1]
    }

    static let host = RandomTraffic.hostAddresses

    /// Counts what reaches a guest, or the outside, and matches in nft's words.
    func watch(_ end: Int, _ match: String) throws {
        try NftProgram(namespace: judged.space(end)).apply(
            """
            table inet tap {
             chain tap {
              type filter hook prerouting priority -500; policy accept;
             }
            }
            flush chain inet tap tap
            add rule inet tap tap \(match) counter

            """)
    }

    /// How many packets of the match have come since `watch`.
    func arrived(_ end: Int) throws -> Int {
        try PacketBacklog.settle()
        let text = try TestHost.run("nft", "list", "chain", "inet", "tap", "tap", in: judged.space(end))
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        return words.firstIndex(of: "packets").flatMap { Int(words[$0 + 1]) } ?? -1
    }

    /// What NFLOG told since the last call, as a person writes it: `egress i0 drop: …`.
    func told() throws -> [String] {
        let legs = try judged.events().values.flatMap(\.self)
        return legs.map(describe).sorted()
    }

    private func describe(_ leg: Judgement.Leg) -> String {
        describe(leg.interface, leg.direction, leg.verdict, leg.rule)
    }

    private func describe(
        _ interface: Identifier<Interface>, _ direction: Direction, _ verdict: Verdict, _ rule: Identifier<Rule>
    ) -> String {
        let names = Dictionary(revision.policy.placements.map { ($0.interface, $0.instanceName) }) { first, _ in first }
        let texts = Dictionary(revision.ruleReferences.map { ($0.id, $0.text) }) { first, _ in first }
        return "\(direction) \(names[interface] ?? "?") \(verdict): \(texts[rule] ?? rule.short)"
    }

    /// The records of the counting sets, with their packets: `egress i0 drop: … 10.1.0.10>192.0.2.7 ×1`.
    func counted() throws -> [String] {
        try judged.countedRecords().map { record in
            let traffic = record.fromInitiator.packets + record.fromTarget.packets
            return describe(record.interface, record.direction, record.verdict, record.rule)
                + " \(record.key.initiator)>\(record.key.target) ×\(traffic)"
        }.sorted()
    }
}

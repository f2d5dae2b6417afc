import Foundation
import Model
import Testing

@testable import Records

@Suite struct FlowFormatTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func object(_ record: FlowRecord) throws -> [String: Any] {
        var line = ByteLine()
        FlowJSON(host: "host-1", catalogue: shop.catalogue).append(record, to: &line)
        #expect(line.bytes.last == 0x0a)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.bytes)) as? [String: Any])
    }

    @Test func `a record has every column that it knows`() throws {
        let object = try object(shop.record())
        let absent = Set(FlowColumn.allCases.map(\.rawValue)).subtracting(object.keys)
        let ofTranslations = Set(absent.filter { $0.contains("_nat_") })
        // What only flow logs of others tell.
        let ofImports = Set(FlowColumn.allCases.drop { $0 != .flags }.map(\.rawValue))
        #expect(absent.isSuperset(of: ofImports))
        #expect(absent.subtracting(ofTranslations).subtracting(ofImports) == ["reason", "icmp_type", "icmp_code"])
        #expect(ofTranslations.count == 8)
        #expect(object["id"] as? String == "host-1:9")
        #expect(object["window_start"] as? String == "2026-11-03T10:15:00.000000Z")
        #expect(object["peer"] as? String == "db-1/eth0")
        #expect(object["peer_id"] as? String == shop.database.interface.description)
        #expect(object["rule"] as? String == "ingress tcp/443 from any")
        #expect(object["changed_by"] as? String == "ada")
        #expect(object["cumulative_bytes_from_target"] as? UInt64 == 18832)
        #expect(object["state"] as? String == "new")
        #expect(object["protocol"] as? String == "tcp")
    }

    @Test func `a translated session tells both sides, whichever the interface saw`() throws {
        for direction in Direction.allCases {
            var record = shop.record()
            record.direction = direction
            record.otherSide = FlowKey(
                initiator: IPAddress(ipv4: 0xc000_0201), target: record.key.target, transport: .tcp,
                initiatorPort: 61_000, targetPort: record.key.targetPort)
            let object = try object(record)
            let (seen, other) = direction == .egress ? ("pre", "post") : ("post", "pre")
            #expect(object["initiator_ip"] as? String == record.key.initiator.description)
            #expect(object["\(seen)_nat_initiator_ip"] as? String == record.key.initiator.description)
            #expect(object["\(other)_nat_initiator_ip"] as? String == "192.0.2.1")
            #expect(object["\(other)_nat_initiator_port"] as? Int == 61_000)
            #expect(object["\(other)_nat_target_ip"] as? String == record.key.target.description)
            #expect(object["pre_nat_target_port"] as? Int == 443)
            #expect(object["post_nat_target_port"] as? Int == 443)
        }
    }

    @Test func `a flood without addresses invents none`() throws {
        var record = shop.record(state: .refused)
        record.detail = .total
        record.verdict = .drop
        record.rule = shop.group.defaultRefusal(.ingress)
        let object = try object(record)
        for column: FlowColumn in [.initiatorIP, .initiatorPort, .targetIP, .targetPort, .transport, .peer] {
            #expect(object[column.rawValue] == nil)
        }
        #expect(object["reason"] as? String == "no-rule")
    }

    @Test func `a flood over many ports leaves out the initiator's`() throws {
        var record = shop.record(state: .refused)
        record.detail = .coarse
        record.key = record.key.with(initiatorPort: nil, targetPort: 443)
        let object = try object(record)
        #expect(object["initiator_port"] == nil)
        #expect(object["target_port"] as? Int == 443)
    }

    @Test(arguments: [TransportProtocol.tcp, .icmp]) func `what a packet did not hold is left out`(
        transport: TransportProtocol
    ) throws {
        var record = shop.record(state: .refused)
        record.detail = .coarse
        record.key = FlowKey(initiator: record.key.initiator, target: record.key.target, transport: transport)
        let object = try object(record)
        for name in ["initiator_port", "target_port", "icmp_type", "icmp_code"] { #expect(object[name] == nil) }
        #expect(object["detail"] as? String == "coarse")
        #expect(object["initiator_ip"] != nil)
    }

    @Test func `an address that two interfaces had names no peer`() throws {
        var catalogue = shop.catalogue
        var policy = shop.revision.policy
        let old = policy.vpcs[0].instances[1]
        let interface = Interface(
            id: Identifier(derivedFrom: "interface", "db-2"), name: "eth0", subnet: "front",
            addresses: old.interfaces[0].addresses, mac: nil, device: "gh-db-2", groups: [])
        policy.vpcs[0].instances[1] = Instance(
            id: Identifier(derivedFrom: "instance", "db-2"), name: "db-2", interfaces: [interface])
        catalogue.learn(
            shop.revision.next(policy: policy, actor: "ada", origin: "", at: Timestamp(seconds: 1_793_701_000)))
        #expect(PeerIndex(catalogue).peer(of: shop.record(), at: shop.web) == nil)
    }

    @Test func `CSV has a heading of the columns' names`() {
        let columns: [FlowColumn] = [.id, .initiatorIP, .rule, .reason, .end]
        let csv = FlowCSV(host: "host,1", catalogue: shop.catalogue, columns: columns)
        var lines = ByteLine()
        csv.appendHeading(to: &lines)
        csv.append(shop.record(), to: &lines)
        #expect(
            lines.text == "id,initiator_ip,rule,reason,end\r\n"
                + "\"host,1:9\",10.1.1.20,ingress tcp/443 from any,,2026-11-03T10:15:09.500000Z\r\n")
    }

    @Test func `every column is described`() {
        for column in FlowColumn.allCases { #expect(column.meaning.hasSuffix(".")) }
    }
}

extension FlowKey {
    func with(initiatorPort: UInt16?, targetPort: UInt16?) -> FlowKey {
        FlowKey(
            initiator: initiator, target: target, transport: transport, initiatorPort: initiatorPort,
            targetPort: targetPort)
    }
}

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
        #expect(absent == ["reason", "icmp_type", "icmp_code"])
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
        let object = try object(record)
        #expect(object["initiator_port"] == nil)
        #expect(object["target_port"] as? Int == 443)
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

import Foundation
import Host
import Link
import Model
import Records
import Spools
import TestSupport
import Testing

@testable import Commands

@Suite(.ownThread) struct FlowsCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    @Test func `the table tells both ways before how complete it is`() throws {
        let run = try shop.gatehouse("flows", "--until", "2026-11-03T10:06:00Z")
        let accepting = try shop.rule("ingress tcp/443 from any").id.short
        let refusing = shop.second.policy.vpcs[0].groups[1].defaultRefusal(.ingress).short
        #expect(
            run.output == """
                WINDOW               INTERFACE   WAY      VERDICT  SOURCE              TARGET     SERVICE   STATE           SENT     ANSWERED  RULE
                2026-11-03 10:05:00  web-1/eth0  ingress  ACCEPT   198.51.100.7:40000  10.1.1.10  tcp/443   new      14 / 2.2 kB  19 / 1.8 MB  \(accepting) ingress tcp/443 from any
                2026-11-03 10:05:00  db-1/eth0   ingress  DROP     198.51.100.7:40000  10.1.3.10  tcp/5432  refused    3 / 180 B      0 / 0 B  \(refusing) default refusal of ingress in group db

                """)
        #expect(run.errors == "windows closed up to 2026-11-03 10:07:00; no loss\n")
    }

    @Test func `JSON has exact numbers, as delivery writes them`() throws {
        let run = try shop.gatehouse("flows", "-o", "json", "action=accept")
        let objects = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]])
        #expect(objects.map { $0["id"] as? String } == ["\(Machine.hostName):1", "\(Machine.hostName):3"])
        #expect(objects[0]["bytes_from_target"] as? Int == 1_883_200)
    }

    @Test func `formats for programs hold every record`() throws {
        let csv = try shop.gatehouse("flows", "-o", "csv").output.split(separator: "\r\n")
        #expect(csv.count == 4)
        #expect(csv.first?.hasPrefix("id,window_start,") == true)
        let yaml = try shop.gatehouse("flows", "-o", "yaml", "--limit", "1").output
        #expect(yaml.hasPrefix("- id: \"\(Machine.hostName):3\"\n  window_start: \"2026-11-03T10:06:00.000000Z\"\n"))
    }

    @Test func `a stated loss in the range is said`() throws {
        let spool = try Spool(folder: shop.folder.spool)
        spool.append(
            LossStatement(
                interface: shop.web.interface, way: .into, reason: .notListening,
                traffic: Traffic(packets: 12, bytes: 3456), since: ShopFolder.start.advanced(by: .seconds(620)),
                until: ShopFolder.start.advanced(by: .seconds(630))))
        try spool.commit(spool.position)
        let said = "stated loss: 12 packets, 3456 bytes (no agent listened)\n"
        #expect(try shop.gatehouse("flows").errors.hasSuffix(said))
        #expect(try shop.gatehouse("flows", "interface=web-1").errors.hasSuffix(said))
        #expect(try shop.gatehouse("flows", "interface=db-1").errors.hasSuffix("no loss\n"))
        #expect(try shop.gatehouse("flows", "--since", "2026-11-03T10:06:00Z").errors.hasSuffix("no loss\n"))
        #expect(try shop.gatehouse("flows", "--until", "2026-11-03T10:05:20Z").errors.hasSuffix("no loss\n"))
    }

    @Test func `a spool that is followed tells each record once`() throws {
        var tail = SpoolTail(folder: shop.folder.spool)
        func new() throws -> [UInt64] {
            var found: [UInt64] = []
            try tail.forEach { if case .record(let record) = $0 { found.append(record.sequence) } }
            return found
        }
        #expect(try new() == [1, 2, 3])
        #expect(try new() == [])
        let spool = try Spool(folder: shop.folder.spool)
        spool.append(try shop.record(seconds: 720, verdict: .accept))
        #expect(try new() == [])
        try spool.commit(spool.position)
        #expect(try new() == [4])
    }
}

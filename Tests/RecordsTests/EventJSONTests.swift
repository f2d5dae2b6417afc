import Foundation
import Model
import Testing

@testable import Records

@Suite struct EventJSONTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func line(_ event: SessionEvent) -> String {
        var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var line = ByteLine()
        encoder.append(event, to: &line)
        return line.text
    }

    private func object(_ event: SessionEvent) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(line(event).utf8))
        return try #require(object as? [String: Any])
    }

    private func entry(_ event: SessionEvent) throws -> EventEntry {
        guard case .event(let entry) = try EventLogLine(reading: line(event)) else {
            throw EventLineError.missing(key: "sequence")
        }
        return entry
    }

    @Test func `an accepted session has its keys in their order`() {
        #expect(
            line(shop.event())
                == #"{"sequence":41,"time":"2026-11-03T10:15:07.000001Z","host":"host-1","verdict":"ACCEPT","#
                + #""direction":"ingress","project":"demo","project_name":"demo","vpc":"shop","#
                + #""subnet":"front","instance":"web-1","#
                + #""interface":"eth0","interface_id":"\#(shop.web.interface)","device":"gh-web-1","stage":"group","#
                + #""rule_id":"\#(shop.https.id)","rule":"ingress tcp/443 from any","group":"web","#
                + #""security_group_id":"\#(shop.group.id)","revision":2,"changed_by":"ada","#
                + #""changed_at":"2026-11-03T10:00:00.000000Z","src_ip":"172.24.4.10","dst_ip":"10.1.1.10","#
                + #""protocol":"tcp","protocol_number":6,"src_port":47825,"dst_port":443,"tcp_flags":"SYN","ttl":63,"#
                + #""length":60,"src_mac":"fa:16:3e:50:aa:b5","dst_mac":"fa:16:3e:ec:36:32"}"# + "\n")
    }

    @Test func `a line is the same when its parts are known already`() {
        var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var first = ByteLine()
        encoder.append(shop.event(), to: &first)
        var second = ByteLine()
        encoder.append(shop.event(), to: &second)
        #expect(first == second)
    }

    @Test func `a default refusal is answered for by the revision in force`() throws {
        var event = shop.event()
        event.verdict = .drop
        event.rule = shop.group.defaultRefusal(.ingress)
        let object = try object(event)
        #expect(object["verdict"] as? String == "DROP")
        #expect(object["reason"] as? String == "no-rule")
        #expect(object["rule"] as? String == "default refusal of ingress in group web")
        #expect(object["changed_by"] as? String == "bob \"b\"")
    }

    @Test(arguments: GuardRule.allCases.filter(\.refuses))
    func `the guard gives its reason in a word`(rule: GuardRule) throws {
        var event = shop.event()
        event.verdict = .drop
        event.stage = .guard
        event.rule = rule.id
        let object = try object(event)
        #expect(object["reason"] as? String == rule.rawValue)
        #expect(object["stage"] as? String == "guard")
        #expect(object["changed_by"] == nil)
        #expect(object["group"] == nil)
    }

    @Test func `absent is absent`() throws {
        var event = shop.event(packet: [])
        event.interface = Identifier(derivedFrom: "gone")
        event.rule = Identifier(derivedFrom: "gone")
        event.key = FlowKey(
            initiator: event.key.initiator, target: event.key.target, transport: TransportProtocol(rawValue: 47))
        event.sourceMAC = nil
        event.targetMAC = nil
        #expect(
            Set(try object(event).keys) == [
                "sequence", "time", "host", "verdict", "direction", "interface_id", "stage", "rule_id", "revision",
                "src_ip", "dst_ip", "protocol", "protocol_number",
            ])
    }

    @Test func `ICMP has type and code in place of ports`() throws {
        var event = shop.event(packet: SamplePacket.icmpEcho)
        event.key = FlowKey(
            initiator: event.key.initiator, target: event.key.target, transport: .icmp, initiatorPort: 8, targetPort: 0)
        let entry = try entry(event)
        #expect(entry.icmpType == 8)
        #expect(entry.icmpCode == 0)
        #expect(entry.sourcePort == nil)
        #expect(entry.tcpFlags == nil)
        #expect(entry.length == 32)
    }

    @Test func `a line read back says what the event said`() throws {
        let event = shop.event()
        let entry = try entry(event)
        #expect(entry.sequence == event.sequence)
        #expect(entry.time == Timestamp(nanoseconds: 1_793_700_907_000_001_000))
        #expect(entry.label == shop.web.label)
        #expect(entry.interfaceID == event.interface)
        #expect(entry.ruleID == event.rule)
        #expect(entry.changedAt == Timestamp(seconds: 1_793_700_000))
        #expect(entry.source == event.key.initiator)
        #expect(entry.targetPort == 443)
        #expect(entry.tcpFlags == "SYN")
        #expect(entry.sourceMAC == event.sourceMAC)
    }

    @Test func `names cannot forge a line`() throws {
        var encoder = EventJSON(host: "h\",\"verdict\":\"X\"}\n{", catalogue: shop.catalogue)
        var line = ByteLine()
        encoder.append(shop.event(), to: &line)
        #expect(line.bytes.filter { $0 == 0x0a }.count == 1)
        guard case .event(let entry) = try EventLogLine(reading: line.text) else { return }
        #expect(entry.host == "h\",\"verdict\":\"X\"}\n{")
        #expect(entry.verdict == .accept)
    }

    @Test func `a summary survives the log`() throws {
        let summary = EventSummary(
            host: "host-1", lost: 3, suppressed: 12, from: Timestamp(seconds: 60), to: Timestamp(seconds: 90))
        var line = ByteLine()
        summary.append(to: &line)
        #expect(
            line.text
                == #"{"kind":"summary","host":"host-1","lost":3,"suppressed":12,"from":"1970-01-01T00:01:00.000000Z","#
                + #""to":"1970-01-01T00:01:30.000000Z"}"# + "\n")
        #expect(try EventLogLine(reading: line.text) == .summary(summary))
    }
}

import Foundation
import Model
import TestSupport
import Testing

@testable import Records

@Suite struct IBMFlowLogTests {
    private let shop: Shop
    private let start = Timestamp(seconds: 1_793_700_900)

    init() throws { shop = try Shop() }

    private func collector(all: Bool = false) -> Collector {
        Collector(
            id: Identifier(derivedFrom: "collector", "c"), name: "c", target: .vpc("shop"), bucket: "file:logs",
            format: all ? .ibmPlus : .ibm)
    }

    private func text(
        _ records: [FlowRecord], all: Bool = false, hasLoss: Bool = false, region: String = "local"
    ) -> String {
        var line = ByteLine()
        IBMFlowLog(
            collector: collector(all: all), placement: shop.web, catalogue: shop.catalogue, region: region,
            isPlus: all
        )
        .append(
            records, windowStart: start, windowEnd: start.advanced(by: .seconds(60)), hasLoss: hasLoss, to: &line)
        return line.text
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func logs(_ text: String) throws -> [[String: Any]] {
        try #require(try object(text)["flow_logs"] as? [[String: Any]])
    }

    @Test func `an object has the fields of the VPC service in their order`() {
        let account = "crn:v1:gatehouse:private:is:lab-east:a/demo:"
        let zone = "crn:v1:gatehouse:private:is:lab-east-1:a/demo:"
        #expect(
            text([shop.record()], region: "lab-east")
                == #"{"version":"0.0.1","collector_crn":"\#(account):flow-log-collector:\#(collector().id)","#
                + #""attached_endpoint_type":"vnic","network_interface_id":"\#(shop.web.interface)","#
                + #""instance_crn":"\#(zone):instance:\#(shop.web.instance)","#
                + #""vpc_crn":"\#(account):vpc:\#(shop.web.vpc)","capture_start_time":"2026-11-03T10:15:00Z","#
                + #""capture_end_time":"2026-11-03T10:16:00Z","state":"ok","number_of_flow_logs":1,"flow_logs":["#
                + #"{"start_time":"2026-11-03T10:15:07Z","end_time":"2026-11-03T10:15:10Z","#
                + #""connection_start_time":"2026-11-03T10:15:07Z","direction":"I","action":"accepted","#
                + #""initiator_ip":"10.1.1.20","target_ip":"10.1.1.10","initiator_port":47825,"target_port":443,"#
                + #""transport_protocol":6,"ether_type":"IPv4","was_initiated":true,"was_terminated":false,"#
                + #""bytes_from_initiator":2210,"packets_from_initiator":14,"bytes_from_target":18832,"#
                + #""packets_from_target":19,"cumulative_bytes_from_initiator":2210,"#
                + #""cumulative_packets_from_initiator":14,"cumulative_bytes_from_target":18832,"#
                + #""cumulative_packets_from_target":19}]}"#)
    }

    @Test func `an object without records says so`() throws {
        let object = try object(text([]))
        #expect(object["number_of_flow_logs"] as? Int == 0)
        #expect((object["flow_logs"] as? [Any])?.isEmpty == true)
        #expect(object["state"] as? String == "ok")
    }

    @Test func `a refusal has one side, zeros included`() throws {
        var record = shop.record(state: .refused)
        record.verdict = .drop
        record.connection = 0
        record.fromTarget = .zero
        record.cumulativeFromTarget = .zero
        let log = try #require(try logs(text([record])).first)
        #expect(log["action"] as? String == "rejected")
        #expect(log["was_initiated"] as? Bool == true)
        #expect(log["bytes_from_target"] as? Int == 0)
        #expect(log["cumulative_packets_from_target"] as? Int == 0)
        #expect(log.count == 21)
    }

    @Test func `a session of an earlier window was not initiated in this one`() throws {
        var record = shop.record(state: .ended)
        record.connectionStart = start.advanced(by: .seconds(-30))
        record.direction = .egress
        let log = try #require(try logs(text([record])).first)
        #expect(log["was_initiated"] as? Bool == false)
        #expect(log["was_terminated"] as? Bool == true)
        #expect(log["direction"] as? String == "O")
    }

    @Test func `records without packets are not written`() throws {
        var record = shop.record(state: .ended)
        record.fromInitiator = .zero
        record.fromTarget = .zero
        #expect(try object(text([record]))["number_of_flow_logs"] as? Int == 0)
    }

    @Test func `other protocols are written only for a collector that asks for them`() throws {
        var ping = shop.record()
        let key = ping.key
        ping.key = FlowKey(
            initiator: key.initiator, target: key.target, transport: .icmp, initiatorPort: 8, targetPort: 0)
        var wide = shop.record()
        let address = IPAddress(ipv6High: 1, low: 2)
        wide.key = FlowKey(initiator: address, target: address, transport: .udp, initiatorPort: 1, targetPort: 2)
        #expect(try logs(text([ping, wide])).isEmpty)
        let logs = try logs(text([ping, wide], all: true))
        #expect(logs.map { $0["ether_type"] as? String } == ["IPv4", "IPv6"])
        #expect(logs.map { $0["initiator_port"] as? Int } == [0, 1])
        #expect((logs[0]["gatehouse"] as? [String: Any])?["icmp_type"] as? Int == 8)
    }

    @Test func `loss is said in the state`() throws {
        #expect(try object(text([], hasLoss: true))["state"] as? String == "skip data")
    }

    @Test func `a flood without addresses is not written but said in the state`() throws {
        var record = shop.record(state: .refused)
        record.detail = .total
        let object = try object(text([record], all: true))
        #expect(object["number_of_flow_logs"] as? Int == 0)
        #expect(object["state"] as? String == "skip data")
    }

    @Test func `the decision is one key more where it is asked for`() throws {
        let log = try #require(try logs(text([shop.record()], all: true)).first)
        let decision = try #require(log["gatehouse"] as? [String: Any])
        #expect(decision["rule_id"] as? String == shop.https.id.description)
        #expect(decision["rule"] as? String == "ingress tcp/443 from any")
        #expect(decision["stage"] as? String == "group")
        #expect(decision["revision"] as? Int == 2)
        #expect(decision["group"] as? String == "web")
        #expect(decision["changed_by"] as? String == "ada")
        #expect(decision["changed_at"] as? String == "2026-11-03T10:00:00Z")
        #expect(decision["reason"] == nil)
        #expect(log.count == 22)
    }

    @Test func `a port that is not known is 0, and the detail says so where decisions are asked for`() throws {
        var record = shop.record(state: .refused)
        record.key = record.key.with(initiatorPort: nil, targetPort: nil)
        record.detail = .coarse
        let log = try #require(try logs(text([record], all: true)).first)
        #expect(log["initiator_port"] as? Int == 0)
        #expect(log["target_port"] as? Int == 0)
        #expect((log["gatehouse"] as? [String: Any])?["detail"] as? String == "coarse")
    }

    @Test func `a refusal of an ACL names the ACL with the reason`() throws {
        let acl = NetworkACL(
            id: Identifier(derivedFrom: "acl"), name: "edge",
            rules: [
                ACLRule(
                    id: Identifier(derivedFrom: "unset"), name: "", action: .deny, direction: .ingress, family: nil,
                    service: .any, sourcePorts: nil, source: nil, target: nil)
            ])
        let vpc = shop.revision.policy.vpcs[0]
        let policy = Policy(
            project: "demo",
            vpcs: [
                VPC(
                    id: vpc.id, name: "shop", prefixes: [], subnets: vpc.subnets, acls: [acl], groups: [], instances: []
                )
            ])
        var catalogue = shop.catalogue
        let revision = shop.revision.next(policy: policy, actor: "cy", origin: "", at: start)
        catalogue.learn(revision)
        var record = shop.record(state: .refused)
        (record.verdict, record.stage, record.revision) = (.drop, .acl, revision.number)
        record.rule = revision.policy.vpcs[0].acls[0].rules[0].id
        var line = ByteLine()
        IBMFlowLog(
            collector: collector(all: true), placement: shop.web, catalogue: catalogue, region: "local",
            isPlus: true
        )
        .append([record], windowStart: start, windowEnd: start, hasLoss: false, to: &line)
        let decision = try #require(try logs(line.text).first?["gatehouse"] as? [String: Any])
        #expect(decision["acl"] as? String == "edge")
        #expect(decision["group"] == nil)
        #expect(decision["reason"] as? String == "acl")
        #expect(decision["changed_by"] as? String == "cy")
    }

    @Test func `a key names every place in its folders`() {
        let key = IBMObjectKey(
            placement: shop.web, part: .egress, region: "lab east", windowEnd: start.advanced(by: .seconds(60)),
            stream: start, counter: 11)
        let crn = "crn%3Av1%3Agatehouse%3Aprivate%3Ais%3Alab%2520east%3Aa%2Fdemo%3A"
        let zone = "crn%3Av1%3Agatehouse%3Aprivate%3Ais%3Alab%2520east-1%3Aa%2Fdemo%3A"
        #expect(
            key.description
                == "ibm_vpc_flowlogs_v1/account=demo/region=lab%20east/vpc-id=\(crn)%3Avpc%3A\(shop.web.vpc)"
                + "/subnet-id=\(zone)%3Asubnet%3A\(shop.web.subnet)/endpoint-type=vnics"
                + "/instance-id=\(zone)%3Ainstance%3A\(shop.web.instance)/vnic-id=\(shop.web.interface)"
                + "/record-type=egress/year=2026/month=11/day=03/hour=10/stream-id=20261103T101500Z/00000011.gz")
    }
}

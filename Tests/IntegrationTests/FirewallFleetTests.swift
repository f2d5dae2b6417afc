import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// The three uses of enterprise logs, with real packets on a host, driven through the Cloud Firewall API.
@Suite(.serialized) struct FirewallFleetTests {
    private struct World {
        let fleet: Fleet
        let host: FleetHost
        let network: String
        let web: Guest
        let base: Guest
    }

    private func world(_ label: String) throws -> World {
        let fleet = try Fleet(label)
        try fleet.startServer()
        let host = try fleet.addHost("host-1", windowSeconds: 600)
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        for (cidr, name) in [("10.9.1.0/24", "front"), ("10.9.2.0/24", "back")] {
            _ = try fleet.make(
                "subnets", "subnet",
                #"{"network_id": "\#(network)", "cidr": "\#(cidr)", "ip_version": 4, "name": "\#(name)"}"#)
        }
        let group = try fleet.make("security-groups", "security_group", #"{"name": "open"}"#)
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(group)", "direction": "ingress", "protocol": "tcp"}"#)
        for (name, address) in [("web", "10.9.1.11"), ("base", "10.9.2.12")] {
            _ = try fleet.addPort(name, group: group, network: network, host: host, address: address)
        }
        return World(
            fleet: fleet, host: host, network: network, web: try #require(host.guests["web"]),
            base: try #require(host.guests["base"]))
    }

    /// One call of the API; an answer that is a refusal is thrown.
    @discardableResult
    private func ask(_ fleet: Fleet, _ action: String, _ body: String) throws -> [String: Any] {
        let host = "\(Fleet.serverAddress):8440"
        let request = SignedRequest(
            action, body, host: host, secretID: Fleet.secretID, secret: Fleet.token,
            at: Int64(Date().timeIntervalSince1970))
        let headers = request.headers.flatMap { ["-H", "\($0.name): \($0.value)"] }
        let output = try ChildProcess.run(
            "curl", ["-sk", "-m", "60", "-d", body] + headers + ["https://\(host)/"], namespace: fleet.router.name)
        let answer = try JSONSerialization.jsonObject(with: Data(output.output.utf8)) as? [String: Any]
        let response = try #require(answer?["Response"] as? [String: Any])
        guard response["Error"] == nil else { throw Fleet.Unexpected(description: "\(action): \(response)") }
        return response
    }

    private func settled(_ fleet: Fleet) throws {
        try eventually("progress of 100") {
            try ask(fleet, "DescribeEnterpriseSGRuleProgress", "{}")["Progress"] as? Int == 100
        }
    }

    private func found(_ fleet: Fleet, _ topic: String, _ query: String) throws -> [[String: Any]] {
        let now = Int(Date().timeIntervalSince1970 * 1000)
        let answer = try ask(
            fleet, "SearchLog",
            #"{"From": \#(now - 600_000), "To": \#(now + 60_000), "Query": "\#(query)", "TopicId": "\#(topic)", "Limit": 1000}"#
        )
        return try (answer["Results"] as? [[String: Any]] ?? []).map { row in
            let text = try #require(row["LogJson"] as? String)
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }
    }

    private func rule(_ action: String, _ port: String, to target: String, _ type: String, _ description: String)
        -> String
    {
        """
        {"SourceContent": "10.9.1.0/24", "SourceType": "net", "DestContent": "\(target)", "DestType": "\(type)",
         "RuleAction": "\(action)", "Protocol": "TCP", "Port": "\(port)", "Description": "\(description)", "OrderIndex": "-1"}
        """
    }

    @Test(.kernel) func `which rule interrupted the traffic is told within a second; what observed first blocks then`()
        throws
    {
        let world = try world("fw")
        let (fleet, target) = (world.fleet, try address("10.9.2.12"))
        defer { fleet.remove() }
        let servers = try GuestServer(world.base, [target], tcp: [23, 80])
        defer { servers.stop() }
        try fleet.inForce()
        #expect(try world.web.tcp(target, 23) == .answered(1000))
        // A VPC as the target: what it means follows its subnets.
        let added = try ask(
            fleet, "AddEnterpriseSecurityGroupRules",
            #"{"Data": [\#(rule("drop", "23", to: world.network, "instance", "no telnet")), \#(rule("log", "80", to: "10.9.2.12", "net", "watch #Apply to Destination Only"))]}"#
        )
        let numbers = try #require(added["Rules"] as? [[String: Any]]).compactMap { $0["RuleUuid"] as? Int }
        try settled(fleet)
        #expect(try world.web.tcp(target, 23, patience: 1000) == .silence)
        #expect(try world.web.tcp(target, 80) == .answered(1000))
        try eventually("the hits") { try found(fleet, "cfw_rule_sg", "*").count >= 2 }
        let blocked = try #require(try found(fleet, "cfw_rule_sg", "src_ip:10.9.1.11 AND dst_port:23").first)
        #expect(blocked["uid"] as? Int == numbers[0] && blocked["strategy"] as? Int == 1)
        #expect(blocked["detail"] as? String == "no telnet" && blocked["gh_verdict"] as? String == "drop")
        #expect(blocked["vpc_id"] as? String == world.network && blocked["direction"] as? Int == 0)
        let seen = try #require(try found(fleet, "cfw_rule_sg", "dst_port:80").first)
        #expect(
            seen["uid"] as? Int == numbers[1] && seen["strategy"] as? Int == 0
                && seen["gh_observed"] as? String == "\(numbers[1])")
        let named = try ask(
            fleet, "DescribeEnterpriseSecurityGroupRule",
            #"{"PageNo": "1", "PageSize": "10", "RuleUuid": \#(numbers[0])}"#)
        #expect((named["Rules"] as? [[String: Any]])?.first?["Description"] as? String == "no telnet")
        // Observe, then enforce: the same rule, with its number.
        let enforced = rule("drop", "80", to: "10.9.2.12", "net", "watch #Apply to Destination Only").replacing(
            #""OrderIndex": "-1""#, with: #""OrderIndex": "2""#)
        try ask(
            fleet, "ModifyEnterpriseSecurityGroupRule",
            #"{"ModifyType": 0, "RuleUuid": \#(numbers[1]), "Data": \#(enforced)}"#)
        try settled(fleet)
        #expect(try world.web.tcp(target, 80, patience: 500) == .silence)
        try ask(fleet, "RemoveEnterpriseSecurityGroupRule", #"{"RemoveType": 1, "RuleUuid": 0}"#)
        try settled(fleet)
        #expect(try world.web.tcp(target, 23) == .answered(1000))
        #expect(try world.web.tcp(target, 80) == .answered(1000))
    }

    @Test(.kernel) func `a member that comes is meant by the rule that names its group, at once`() throws {
        let world = try world("fx")
        let (fleet, target) = (world.fleet, try address("10.9.2.12"))
        defer { fleet.remove() }
        let servers = try GuestServer(world.base, [target], tcp: [80])
        defer { servers.stop() }
        let shut = try fleet.make("security-groups", "security_group", #"{"name": "shut"}"#)
        try ask(
            fleet, "AddEnterpriseSecurityGroupRules",
            #"{"Data": [\#(rule("drop", "-1/-1", to: shut, "resourcegroup", "closed"))]}"#)
        try settled(fleet)
        #expect(try world.web.tcp(target, 80) == .answered(1000))
        let ports = try fleet.call("GET", "/networking/v2.0/ports?name=base")["ports"] as? [[String: Any]]
        let port = try #require(ports?.first)
        let groups = try #require(port["security_groups"] as? [String]) + [shut]
        let list = groups.map { "\"\($0)\"" }.joined(separator: ", ")
        try fleet.call(
            "PUT", "/networking/v2.0/ports/\(try #require(port["id"] as? String))",
            #"{"port": {"security_groups": [\#(list)]}}"#)
        try fleet.inForce()
        #expect(try world.web.tcp(target, 80, patience: 500) == .silence)
    }

    @Test(.kernel) func `a switch has the traffic of its paths recorded, and nothing of the other`() throws {
        let world = try world("fy")
        let (fleet, target) = (world.fleet, try address("10.9.2.12"))
        defer { fleet.remove() }
        let servers = try GuestServer(world.base, [target], tcp: [81, 82])
        defer { servers.stop() }
        try fleet.inForce()
        let rows =
            try ask(fleet, "DescribeVpcFwGroupSwitch", #"{"Limit": 10, "Offset": 0}"#)["SwitchList"] as? [[String: Any]]
        let ids = try #require(rows).reduce(into: [Int: String]()) {
            $0[$1["SwitchMode"] as? Int ?? 0] = $1["SwitchId"] as? String
        }
        func turn(_ mode: Int, _ isOn: Bool) throws {
            try ask(
                fleet, "ModifyFwGroupSwitch",
                #"{"Enable": \#(isOn ? 1 : 0), "AllSwitch": 0, "SwitchList": [{"SwitchMode": \#(mode), "SwitchId": "\#(ids[mode] ?? "")"}]}"#
            )
            try settled(fleet)
        }
        try turn(2, true)
        #expect(try world.web.tcp(target, 81) == .answered(1000))
        _ = try AgentClient(world.host.folder).ask(.flush)
        try eventually("the flows") { try found(fleet, "cfw_netflow_fl", "dst_port:81").count == 2 }
        let flows = try found(fleet, "cfw_netflow_fl", "dst_port:81")
        #expect(Set(flows.compactMap { $0["gh_path"] as? String }) == ["intra_vpc"])
        #expect(flows.allSatisfy { ($0["total_pkt_count"] as? Int ?? 0) > 5 })
        try turn(2, false)
        try turn(1, true)
        #expect(try world.web.tcp(target, 82) == .answered(1000))
        _ = try AgentClient(world.host.folder).ask(.flush)
        guard case .books(let books) = try AgentClient(world.host.folder).ask(.books(settleSeconds: 20)) else {
            throw Fleet.Unexpected(description: "no books")
        }
        #expect(books.isBalanced && books.lines.contains { !$0.uncollected.isZero }, "\(books.lines)")
        try fleet.inForce()
        #expect(try found(fleet, "cfw_netflow_fl", "dst_port:82").isEmpty)
    }
}

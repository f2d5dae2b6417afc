import GRDB
import HTTPTypes
import Registry
import Server
import Service
import Testing

@Suite struct VPCACLTests {
    private func order(_ server: ServerUnderTest, _ acl: String) async -> [String] {
        let rules = await server.vpc(.get, "network_acls/\(acl)/rules").json?["rules"]?.items ?? []
        return rules.compactMap { $0["name"]?.text }
    }

    @Test func `no move ever drops or repeats a rule`() async throws {
        let server = try await ServerUnderTest()
        let shop = try await server.shop()
        let items = (0..<6).map {
            #"{"name": "r\#($0)", "action": "deny", "direction": "inbound", "protocol": "tcp", "source": "10.\#($0).0.0/16", "destination": "0.0.0.0/0"}"#
        }
        let acl = try await server.made(
            "network_acls", #"{"vpc": {"id": "\#(shop.vpc)"}, "rules": [\#(items.joined(separator: ","))]}"#)
        let id = try #require(acl["id"]?.text)
        let ids = (acl["rules"]?.items ?? []).compactMap { $0["id"]?.text }
        await withTaskGroup(of: Void.self) { tasks in
            for round in 0..<30 {
                let (rule, next) = (ids[round % 6], ids[(round * 5 + 2) % 6])
                let before = round % 4 == 0 || rule == next ? "null" : #"{"id": "\#(next)"}"#
                tasks.addTask {
                    let answer = await server.vpc(
                        .patch, "network_acls/\(id)/rules/\(rule)", #"{"before": \#(before)}"#)
                    #expect(answer.status == .ok)
                }
            }
        }
        let lists = try await server.plane.registry.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT json_extract(body, '$.rules') FROM history WHERE kind = 'network_acl' AND objectID = ?",
                arguments: [id])
        }
        #expect(lists.count > 10)
        for list in lists {
            let rules = JSON(parsing: Array(list.utf8))?.items?.compactMap(\.text) ?? []
            #expect(rules.sorted() == ids.sorted())
        }
    }

    @Test func `an insertion, a move and the end are where they were asked for`() async throws {
        let server = try await ServerUnderTest()
        let acl = try await server.shop().acl
        let rules = "network_acls/\(acl)/rules"
        #expect(await order(server, acl) == ["allow-inbound", "allow-outbound"])
        let listed = await server.vpc(.get, rules).json?["rules"]?.items ?? []
        let (first, last) = (listed[0]["id"]?.text ?? "", listed[1]["id"]?.text ?? "")
        #expect(listed[0]["before"]?["id"]?.text == last)
        #expect(listed[1]["before"] == nil)
        let body =
            #"{"name": "-x", "action": "allow", "direction": "inbound", "protocol": "udp", "source": "10.0.0.1", "destination": "0.0.0.0/0", "before": {"id": "\#(last)"}}"#
        let made = try await server.made(rules, body)
        #expect(await order(server, acl) == ["allow-inbound", "-x", "allow-outbound"])
        #expect(made["source"] == "10.0.0.1")
        #expect(made["source_port_max"] == .int(65_535))
        let rule = "\(rules)/\(try #require(made["id"]?.text))"
        await server.vpc(.patch, rule, #"{"before": {"id": "\#(first)"}}"#)
        #expect(await order(server, acl) == ["-x", "allow-inbound", "allow-outbound"])
        await server.vpc(.patch, rule, #"{"destination_port_min": 53, "destination_port_max": 53}"#)
        #expect(await order(server, acl) == ["-x", "allow-inbound", "allow-outbound"])
        await server.vpc(.patch, rule, #"{"before": null}"#)
        #expect(await order(server, acl) == ["allow-inbound", "allow-outbound", "-x"])
        #expect(await server.vpc(.get, "\(rules)?direction=outbound").json?["total_count"] == .int(1))
        let pages = await server.vpc(.get, "\(rules)?limit=1").json
        #expect(pages?["next"]?["href"]?.text?.contains("start=") == true)
        #expect(await server.vpc(.patch, rule, #"{"before": {"id": "x"}}"#).target == "before.id")
    }
}

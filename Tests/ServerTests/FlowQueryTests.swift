import Foundation
import HTTPTypes
import Link
import Model
import PolicyFiles
import Records
import Registry
import Server
import Service
import Spools
import TestSupport
import Testing

/// What `api/flows` tells whom of the records that hosts have shipped.
struct FlowQueryTests {
    /// A host of two projects: interface `a` of the project that `mel` is of, `b` of oscar's.
    private struct Host {
        let data: DataFolder
        let spool: Spool
        let a: Identifier<Interface>
        let b: Identifier<Interface>

        init(_ server: ServerUnderTest, _ name: String) async throws {
            data = DataFolder("\(server.folder)/data/hosts/\(name)")
            var projects: [String] = []
            for user in ["mel", "oscar"] {
                let group = try await server.make("security-groups", "security_group", #"{"name": "g"}"#, as: user)
                projects.append(try #require(group["project_id"]?.text))
            }
            var placed: [Identifier<Interface>] = []
            for (number, project) in projects.enumerated() {
                let yaml = """
                    project: \(project)
                    vpcs:
                      - name: v\(number)
                        cidrs: [10.\(number).0.0/16]
                        subnets: [{name: s, cidr: 10.\(number).0.0/24}]
                        groups: [{name: g, rules: [ingress tcp/443 from any]}]
                        instances:
                          - name: \(name)-\(number)
                            interfaces: [{name: eth0, subnet: s, address: 10.\(number).0.10, device: d\(number), groups: [g]}]
                    """
                let policy = try PolicyFile.load(yaml, name: "test")
                let revision = Revision(
                    number: number + 1, madeAt: .now, actor: "ada", origin: "test", policy: policy, ruleOrigins: [:])
                try RevisionStore(data).save(revision)
                placed += policy.placements.map(\.interface)
            }
            (a, b) = (placed[0], placed[1])
            spool = try Spool(folder: data.spool)
        }

        func add(_ interface: Identifier<Interface>, _ count: Int, bytes: UInt64 = 100) throws {
            let now = Timestamp.now
            for _ in 0..<count {
                spool.append(
                    FlowRecord(
                        windowStart: now, windowEnd: now, start: now, end: now, connectionStart: now, connection: 7,
                        interface: interface, direction: .ingress, verdict: .accept, stage: .group,
                        rule: Identifier(derivedFrom: "rule"), revision: 1,
                        key: FlowKey(
                            initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp,
                            initiatorPort: 40_000, targetPort: 443), state: .new,
                        fromInitiator: Traffic(packets: 1, bytes: bytes), fromTarget: .zero,
                        cumulativeFromInitiator: .zero, cumulativeFromTarget: .zero))
            }
            try spool.commit(spool.position)
        }
    }

    private func ask(_ server: ServerUnderTest, _ body: String, as user: String) async throws -> JSON {
        let answer = await server.call(.post, "/api/flows/query", body, as: user)
        #expect(answer.status == .ok, "\(String(decoding: answer.body, as: UTF8.self))")
        return try #require(answer.json)
    }

    @Test func `records of all hosts are asked, before and after they are archived`() async throws {
        let server = try await ServerUnderTest()
        let (one, two) = (try await Host(server, "h1"), try await Host(server, "h2"))
        try one.add(one.a, 5)
        try two.add(two.a, 7)
        let question = #"{"filter": "dport = 443", "by": ["host"], "sum": ["bytes"]}"#
        for pass in 0..<2 {
            let answer = try await ask(server, question, as: "ada")
            let rows = answer["rows"]?.items ?? []
            #expect(rows.map { $0["host"]?.text } == ["h2", "h1"])
            #expect(rows.map { $0["sum_bytes"]?.number } == [700, 500])
            #expect(answer["completeness"]?["records"]?.number == 12)
            if pass == 0 { #expect(try await server.plane.flows.pass() == 12) }
        }
        #expect(try await server.plane.flows.pass() == 0)
    }

    @Test func `a project sees its own records and losses, and nobody else's`() async throws {
        let server = try await ServerUnderTest()
        let host = try await Host(server, "h1")
        try host.add(host.a, 3)
        try host.add(host.b, 4)
        host.spool.append(
            LossStatement(
                interface: host.b, way: .out, reason: .noRoom, traffic: Traffic(packets: 2, bytes: 9),
                since: .now, until: .now))
        try host.spool.commit(host.spool.position)
        for _ in 0..<2 {
            let mine = try await ask(server, #"{"columns": ["interface_id"]}"#, as: "mel")
            #expect(mine["rows"]?.items?.map { $0["interface_id"]?.text } == [String](repeating: "\(host.a)", count: 3))
            #expect(mine["completeness"]?["records"]?.number == 3)
            #expect(mine["completeness"]?["loss"]?.items?.count == 0)
            let theirs = try await ask(server, #"{"count": true}"#, as: "oscar")
            #expect(theirs["rows"]?.items?.first?["count"]?.number == 4)
            #expect(theirs["completeness"]?["loss"]?.items?.count == 1)
            let all = try await ask(server, #"{"count": true}"#, as: "aud")
            #expect(all["rows"]?.items?.first?["count"]?.number == 7)
            _ = try await server.plane.flows.pass()
        }
        #expect(await server.call(.post, "/api/flows/query", "{}", as: nil).status == .unauthorized)
    }

    @Test func `what cannot be asked is told with its field and its mend`() async throws {
        let server = try await ServerUnderTest()
        for (body, field, mend) in [
            (#"{"filter": "dprt = 4"}"#, "filter", "dport"), (#"{"fliter": "x"}"#, "fliter", "did you mean filter"),
            (#"{"by": ["verdct"]}"#, "by", "did you mean verdict"), (#"{"limit": 10001}"#, "limit", "10000"),
            (#"{"limit": "4"}"#, "limit", "whole number"), (#"{"since": "yester"}"#, "since", "is not a time"),
            (#"{"top": 4}"#, "top", "groups"), (#"{"sort": ["bytes:up"]}"#, "sort", "COLUMN:desc"),
            (#"{"series": "0m"}"#, "series", "duration"), (#"[]"#, "body", "no object"),
        ] {
            let answer = await server.call(.post, "/api/flows/query", body)
            #expect(answer.status == .badRequest)
            let message = try #require(answer.message)
            #expect(message.contains(field) && message.contains(mend), "\(body): \(message)")
        }
    }

    @Test func `a stream tells what comes, of the caller's project alone`() async throws {
        let server = try await ServerUnderTest()
        let host = try await Host(server, "h1")
        try host.add(host.a, 2)
        let answer = await server.call(.get, "/api/flows/stream?filter=bytes > 1000", as: "mel")
        let stream = try #require(answer.stream)
        #expect(answer.headers[.contentType] == "application/jsonl")
        try host.add(host.a, 1, bytes: 100)
        try host.add(host.b, 1, bytes: 5000)
        try host.add(host.a, 2, bytes: 6000)
        var iterator = stream.makeAsyncIterator()
        let piece = try #require(await iterator.next())
        let lines = piece.split(separator: UInt8(ascii: "\n")).compactMap { JSON(parsing: Array($0)) }
        #expect(lines.map { $0["bytes_from_initiator"]?.number } == [6000, 6000])
    }
}

import Foundation
import HTTPTypes
import Host
import Link
import Model
import Registry
import Server
import TestSupport
import Testing

@testable import Service

/// What an enrolled host may leave at the server, and that its faults are its own (4xx).
@Suite struct HostLimitTests {
    private static func host(_ name: String = "node-1") async throws -> ServerUnderTest {
        let server = try await ServerUnderTest()
        try await server.plane.registry.change(by: .system("host.enrol", requestID: "req-0")) { change in
            _ = try change.enrol(name, certificateSerial: "1")
        }
        return server
    }

    private static func send(
        _ server: ServerUnderTest, _ method: HTTPRequest.Method, _ path: [String], _ body: [UInt8],
        offset: String = "0", as host: String = "node-1"
    ) async -> Answer {
        await server.plane.door.answer(
            Call(
                method: method, path: ["api", "agent"] + path, query: [("offset", offset)], body: body,
                peer: PeerCertificate(name: host, serial: "1")))
    }

    @Test func `what a host sends that cannot be is refused with 4xx, and the server goes on`() async throws {
        let server = try await Self.host()
        let report = #"{"pingedAt":\#(Int64.min),"receivedAt":\#(Int64.max),"status":{}}"#
        let receipts = [
            "", "{}", "[]", "{", #"{"failed":{"revision":1}}"#, #"{"failed":{"_1":"why","revision":0}}"#,
            #"{"failed":{"_1":"why","revision":-5}}"#, #"{"failed":{"_1":"why","revision":99999999}}"#,
            #"{"failed":{"_1":"a\u0000b","revision":1}}"#, #"{"failed":{"_1":"why","revision":1e30}}"#,
        ]
        for body in receipts {
            let status = await Self.send(server, .post, ["receipts"], Array(body.utf8)).status
            #expect(status == .badRequest, "\(body): \(status.code)")
        }
        for body in ["", "{}", report] {
            #expect(await Self.send(server, .post, ["report"], Array(body.utf8)).status == .badRequest)
        }
        let large = Array(repeating: UInt8(ascii: " "), count: Limit.report.bound + 1)
        #expect(await Self.send(server, .post, ["report"], large).status == .contentTooLarge)
        for (name, offset) in [
            (["spool"], "0"), (["events"], "0"), (["revisions"], "0"), (["spool", "a", "b"], "0"), (["..", "x"], "0"),
            (["other", "x"], "0"), ([String(repeating: "n", count: 129)], "0"), (["spool", "x"], "1"),
            (["spool", "x"], "-1"), (["spool", "x"], "99999999999999999999"), ([".x"], "0"), (["a b"], "0"),
            ([""], "0"),
        ] {
            let answer = await Self.send(server, .put, ["files"] + name, [1], offset: offset)
            #expect(answer.status == .badRequest, "\(name) at \(offset): \(answer.status.code)")
        }
        let folder = server.folder + "/data/hosts"
        #expect(!FileManager.default.fileExists(atPath: folder), "nothing was kept")
        #expect(await Self.send(server, .put, ["files", "spool", "x"], [1]).status == .ok)
    }

    @Test func `a reason of megabytes is kept short`() async throws {
        let server = try await Self.host()
        _ = try await server.group("g")
        let reason = String(repeating: "x", count: 900_000)
        let body = #"{"failed":{"_1":"\#(reason)","revision":1}}"#
        #expect(await Self.send(server, .post, ["receipts"], Array(body.utf8)).status == .noContent)
        let kept = try await server.plane.registry.read { try Hosts.named("node-1", in: $0)?.failure?.utf8.count }
        #expect((kept ?? .max) < Limit.failureText.bound + 50)
    }

    @Test func `a host has a quota of bytes and of files, and is told what to do`() async throws {
        try await withScratchFolder { (path: String) async throws -> Void in
            let folder = HostFolder(path: path)
            var usage = HostFolder.Usage()
            func write(_ count: Int, _ name: String, at offset: Int = 0) throws -> Int {
                try folder.write(
                    [UInt8](repeating: 1, count: count), to: name, at: offset, of: "h", quota: 1000, &usage)
            }
            #expect(try write(600, "spool/a") == 600)
            // Again is nothing more.
            #expect(try write(600, "spool/a") == 600)
            #expect(throws: Refusal.self) { try write(500, "spool/b") }
            #expect(try write(400, "spool/b") == 400)
            #expect(throws: Refusal.self) { try write(1, "spool/b", at: 400) }
            #expect(usage == HostFolder.Usage(files: 2, bytes: 1000))
            #expect(try folder.usage("h") == usage)
            usage = HostFolder.Usage(files: Limit.filesOfHost.bound, bytes: 10)
            #expect(throws: Refusal.self) { try write(1, "spool/c") }
            #expect(!DurableFile.exists("\(path)/h/spool/c"))
        }
    }

    @Test func `a host says of its own interfaces only whether they are judged`() async throws {
        let server = try await Self.host()
        try await server.plane.registry.keep { database in
            try Hosts.note(unjudged: ["not-mine": "why", "none": nil], at: "node-1", in: database)
        }
        let judging = try await server.plane.registry.read {
            try Hosts.judging(of: "not-mine", at: "node-1", in: $0)
        }
        #expect(judging == .judged)
    }

    @Test(arguments: ["", "a/b", "..", "a\u{0}", "a\nb", "a\u{202e}b", String(repeating: "n", count: 256)])
    func `a host's name is short, and nothing in it is unseen`(name: String) async throws {
        #expect(!HostRecord.isName(name))
        let server = try await ServerUnderTest()
        await #expect(throws: RegistryError.self) {
            try await server.plane.registry.change(by: .system("host.invite", requestID: "req-0")) { change in
                _ = try change.makeEnrolmentToken(host: name)
            }
        }
    }
}

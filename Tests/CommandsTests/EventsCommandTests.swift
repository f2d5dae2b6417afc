import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@Suite(.ownThread) struct EventsCommandTests {
    private let shop: ShopFolder

    init() throws { shop = try ShopFolder() }

    @Test func `the table tells each session beside what is missing`() throws {
        let run = try shop.gatehouse("events")
        let accepting = try shop.rule("ingress tcp/443 from any").id.short
        let refusing = shop.second.policy.vpcs[0].groups[1].defaultRefusal(.ingress).short
        #expect(
            run.output == """
                TIME                     VERDICT  INTERFACE   WAY      SOURCE              TARGET     SERVICE   REVISION  RULE BY  RULE
                2026-11-03 10:05:10.000  ACCEPT   web-1/eth0  ingress  198.51.100.7:40000  10.1.1.10  tcp/443          2  ada      \(accepting) ingress tcp/443 from any
                2026-11-03 10:05:20.000  DROP     db-1/eth0   ingress  198.51.100.7:40000  10.1.3.10  tcp/5432         2  bob      \(refusing) default refusal of ingress in group db
                2026-11-03 10:06:40.000 to 2026-11-03 10:06:41.000: 5 events left out by the rate limit, 2 lost
                2026-11-03 10:06:50.000  ACCEPT   web-1/eth0  ingress  198.51.100.7:40000  10.1.1.10  tcp/443          2  ada      \(accepting) ingress tcp/443 from any

                """)
        #expect(run.exit == .code(0))
        #expect(run.errors.isEmpty)
    }

    @Test func `JSON lines are the log's own`() throws {
        let run = try shop.gatehouse("events", "--output", "jsonl")
        #expect(Array(run.output.utf8) == (try shop.eventLines()))
    }

    @Test func `JSON is one array`() throws {
        let run = try shop.gatehouse("events", "--output", "json", "action=drop", "--until", "2026-11-03T10:06:00Z")
        let objects = try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [[String: Any]]
        #expect(objects?.compactMap { $0["verdict"] as? String } == ["DROP"])
    }

    @Test func `CSV has one row an event, summaries apart`() throws {
        let run = try shop.gatehouse("events", "-o", "csv")
        #expect(run.output.split(separator: "\r\n").count == 4)
        #expect(run.errors.contains("5 events left out by the rate limit, 2 lost"))
    }

    @Test(arguments: [
        (["action=drop", "port=5432"], ["2", "summary"]), (["--since", "2026-11-03T10:06:45Z"], ["3"]),
        (["--until", "2026-11-03T10:05:15Z"], ["1"]), (["--limit", "1"], ["3"]),
        (["interface=web-1"], ["1", "summary", "3"]),
    ])
    func `a filter narrows`(words: [String], sequences: [String]) throws {
        let run = try shop.gatehouse("events", words[0], words.count > 1 ? words[1] : "dst=10.1.0.0/16", "-o", "jsonl")
        let found = run.output.split(separator: "\n").map { line in
            line.hasPrefix("{\"kind\"")
                ? "summary" : String(line.dropFirst("{\"sequence\":".count).prefix { $0.isNumber })
        }
        #expect(found == sequences)
    }

    @Test func `lines that are no events are counted`() throws {
        try shop.append(Array("{broken\nnonsense\n".utf8), to: shop.folder.eventsJSON)
        let run = try shop.gatehouse("events", "-o", "jsonl")
        #expect(run.output.split(separator: "\n").count == 4)
        #expect(run.errors.contains("2 lines could not be read and are not shown; the first:"))
    }

    @Test func `the file that was set aside is read as well`() throws {
        try DurableFile.rename(shop.folder.eventsJSON, to: shop.folder.eventsJSON + ".1")
        try shop.write(shop.line(try shop.event(4, seconds: 800)), to: shop.folder.eventsJSON)
        let run = try shop.gatehouse("events", "-o", "jsonl")
        #expect(run.output.split(separator: "\n").count == 5)
        #expect(run.output.split(separator: "\n").last?.hasPrefix("{\"sequence\":4,") == true)
    }

    @Test func `a listing that follows shows what comes until it is ended`() throws {
        let output = "\(shop.folder.path)/out"
        let file = try DurableFile.open(output, flags: 0o101)
        var options = ChildProcess.Options()
        options.standard = [nil, file.number, nil]
        let process = try ChildProcess(
            ShopFolder.program, ["events", "--follow", "-o", "json", "--data", shop.folder.path], options: options)
        func shown() throws -> String { String(decoding: try DurableFile.read(output) ?? [], as: UTF8.self) }
        try eventually("the third event") { try shown().contains("\"sequence\":3,") }
        try DurableFile.rename(shop.folder.eventsJSON, to: shop.folder.eventsJSON + ".1")
        try shop.write(shop.line(try shop.event(4, seconds: 800)), to: shop.folder.eventsJSON)
        try eventually("the fourth event") { try shown().contains("\"sequence\":4,") }
        process.terminate()
        #expect(try process.wait() == .code(0))
        let objects = try JSONSerialization.jsonObject(with: Data(shown().utf8)) as? [[String: Any]]
        #expect(objects?.count == 5)
    }
}

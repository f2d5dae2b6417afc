import Crypto
import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Sinks

/// Sinks over HTTP against strict receivers that give each error row.
@Suite struct HTTPSinkTests {
    private static func ids(_ lines: [String]) -> [String] {
        lines.compactMap {
            ((try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any])?["id"] as? String
        }
    }

    private static func wanted(_ numbers: ClosedRange<Int>) -> [String] { numbers.map { "gw-01:event:\($0)" } }

    @Test func `an http sink posts lines and its where chooses`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url + "/intake", filter: "action = drop and dport = 22")])
            try rig.write(events: 1...3)
            try rig.write([SinkRig.event(4, verdict: "ACCEPT")])
            try rig.write(events: 5...5)
            try await rig.waitUntil("four taken") { $0.taken == 4 }
            #expect(receiver.requests.allSatisfy { $0.path == "/intake" })
            #expect(Self.ids(receiver.requests.flatMap(\.lines)) == Self.wanted(1...3) + Self.wanted(5...5))
        }
        try await receiver.close()
    }

    @Test(arguments: [401, 403, 404])
    func `a fault of the settings holds everything until it is mended`(_ status: Int) async throws {
        let receiver = try HTTPReceiver { request, _ in
            .init(status: request.headers["authorization"] == "Bearer good" ? 200 : status, body: "no such token")
        }
        try await withRig { rig in
            let file = try rig.secret("bad\n")
            rig.adopt([try SinkRig.sink(.http, receiver.url) { $0.secretFile = file }])
            try rig.write(events: 1...10)
            let held = try await rig.waitUntil("held") { $0.state == .held }
            #expect(held.problem?.contains("\(status) no such token") == true)
            #expect(rig.service.problems.first?.hasPrefix("sink siem: held: ") == true)
            #expect(rig.told.lines.contains { $0.contains("drops nothing") })
            #expect(held.taken == 0 && held.refused == 0 && held.lost == 0)
            _ = try rig.secret("good\n")
            try await rig.waitUntil("taken with the new secret") { $0.taken == 10 }
            let taken = receiver.requests.filter { $0.headers["authorization"] == "Bearer good" }
            #expect(Self.ids(taken.flatMap(\.lines)) == Self.wanted(1...10))
        }
        try await receiver.close()
    }

    @Test func `what fails for the moment is sent again when the receiver says`() async throws {
        let receiver = try HTTPReceiver { _, number in
            switch number {
            case 0: .init(status: 503)
            case 1: .init(status: 429, headers: [("retry-after", "1")])
            case 2: .init(isLost: true)
            default: .init()
            }
        }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            let start = SystemClock.monotonic
            try rig.write(events: 1...10)
            try await rig.waitUntil("taken") { $0.taken == 10 }
            #expect(SystemClock.monotonic - start > 1_000_000_000)
            #expect(receiver.requests.count == 4)
            #expect(Set(receiver.requests.map(\.body)).count == 1)
        }
        try await receiver.close()
    }

    @Test func `what is refused for good is a dead letter with the answer, and replay sends it again`() async throws {
        let receiver = try HTTPReceiver { request, _ in
            let isMended = request.headers["authorization"] == "Bearer mended"
            return request.text.contains("\"instance\":\"poison\"") && !isMended
                ? .init(status: 422, body: "instance is not known") : .init()
        }
        try await withRig { rig in
            let file = try rig.secret("first")
            rig.adopt([try SinkRig.sink(.http, receiver.url) { $0.secretFile = file }])
            try rig.write((1...50).map { SinkRig.event($0, instance: $0 % 20 == 7 ? "poison" : "web-1") })
            let report = try await rig.waitUntil("taken but two") { $0.taken == 47 && $0.refused == 3 }
            #expect(report.deadLetters == 3)
            let letters = try #require(try DurableFile.read("\(rig.data.sinks)/siem.refused.jsonl"))
            let first = try #require(
                try JSONSerialization.jsonObject(with: Data(letters.split(separator: 10)[0])) as? [String: Any])
            #expect(first["reason"] as? String == "it answered 422 instance is not known")
            #expect((first["record"] as? [String: Any])?["sequence"] as? Int == 7)
            _ = try rig.secret("mended")
            #expect(try rig.service.answer(.replay, of: "siem")?.contains("3 dead letters") == true)
            try await rig.waitUntil("all taken") { $0.taken == 50 && $0.deadLetters == 0 }
            let sent = Self.ids(receiver.requests.last?.lines ?? [])
            #expect(sent == ["gw-01:event:7", "gw-01:event:27", "gw-01:event:47"])
            try await inTime("the file of replays goes") { !DurableFile.exists("\(rig.data.sinks)/siem.replay.jsonl") }
        }
        try await receiver.close()
    }

    @Test func `a body that is too large is halved until it fits`() async throws {
        let receiver = try HTTPReceiver { request, _ in request.lines.count > 10 ? .init(status: 413) : .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            try rig.write(events: 1...100)
            try await rig.waitUntil("taken") { $0.taken == 100 }
            let taken = receiver.requests.filter { $0.lines.count <= 10 }
            #expect(Self.ids(taken.flatMap(\.lines)) == Self.wanted(1...100))
        }
        try await receiver.close()
    }

    @Test func `a webhook is signed over its time and body`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            let file = try rig.secret("s3cr3t")
            rig.adopt([try SinkRig.sink(.webhook, receiver.url + "/hook") { $0.secretFile = file }])
            try rig.write(events: 1...2)
            try await rig.waitUntil("taken") { $0.taken == 2 }
            let request = try #require(receiver.requests.first)
            let time = try #require(request.headers["x-gatehouse-timestamp"])
            var code = HMAC<SHA256>(key: SymmetricKey(data: Array("s3cr3t".utf8)))
            code.update(data: Array("\(time).".utf8) + request.body)
            #expect(request.headers["x-gatehouse-signature"] == "sha256=\(hexadecimal(code.finalize()))")
            let object = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            #expect((object?["records"] as? [Any])?.count == 2)
        }
        try await receiver.close()
    }

    @Test func `splunk counts what its indexers acknowledged`() async throws {
        let receiver = try HTTPReceiver { request, number in
            guard request.headers["authorization"] == "Splunk token-1" else {
                return .init(status: 403, body: #"{"text":"Invalid token","code":4}"#)
            }
            guard request.headers["x-splunk-request-channel"]?.isEmpty == false else {
                return .init(status: 400, body: #"{"text":"Data channel is missing","code":10}"#)
            }
            if request.path.hasPrefix("/services/collector/ack?channel=") {
                return .init(body: #"{"acks":{"\#(number > 3 ? 7 : 8)":true,"7":\#(number > 3)}}"#)
            }
            return .init(body: #"{"text":"Success","code":0,"ackId":7}"#)
        }
        try await withRig { rig in
            let file = try rig.secret("token-1")
            rig.adopt([
                try SinkRig.sink(.splunk, receiver.url) {
                    $0.secretFile = file
                    $0.index = "net"
                }
            ])
            try rig.write(events: 1...3)
            try await rig.waitUntil("taken") { $0.taken == 3 }
            #expect(receiver.requests.count { $0.path.contains("/ack?") } >= 3)
            let event = try #require(
                try JSONSerialization.jsonObject(with: Data(receiver.requests[0].lines[0].utf8)) as? [String: Any])
            #expect(event["index"] as? String == "net")
            #expect(event["sourcetype"] as? String == "gatehouse:event")
            #expect(event["time"] as? Double == 1_795_168_801.000001)
            #expect((event["fields"] as? [String: Any])?["event_id"] as? String == "gw-01:event:1")
        }
        try await receiver.close()
    }

    @Test func `splunk's bad event alone is a dead letter`() async throws {
        let receiver = try HTTPReceiver { request, _ in
            let bad = request.lines.firstIndex { $0.contains("poison") }
            return bad.map {
                .init(status: 400, body: #"{"text":"Invalid data format","code":6,"invalid-event-number":\#($0)}"#)
            } ?? .init(body: #"{"text":"Success","code":0}"#)
        }
        try await withRig { rig in
            let file = try rig.secret("token-1")
            rig.adopt([
                try SinkRig.sink(.splunk, receiver.url) {
                    $0.secretFile = file
                    $0.acknowledges = false
                }
            ])
            try rig.write((1...9).map { SinkRig.event($0, instance: $0 == 4 ? "poison" : "web-1") })
            try await rig.waitUntil("taken") { $0.taken == 8 && $0.refused == 1 }
            #expect(receiver.requests.map(\.lines.count) == [9, 5])
        }
        try await receiver.close()
    }

    @Test func `a bulk answer is read item by item`() async throws {
        let receiver = try HTTPReceiver { request, number in
            let ids = stride(from: 0, to: request.lines.count, by: 2).map { request.lines[$0] }
            let items = ids.map { line in
                let status =
                    line.contains(":1\"")
                    ? 409 : line.contains(":2\"") ? 400 : line.contains(":3\"") && number == 0 ? 429 : 201
                return #"{"create":{"status":\#(status),"error":{"type":"t","reason":"r"}}}"#
            }
            return .init(body: #"{"errors":true,"items":[\#(items.joined(separator: ","))]}"#)
        }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.elasticsearch, receiver.url)])
            try rig.write(events: 1...5)
            try await rig.waitUntil("taken") { $0.taken == 4 && $0.refused == 1 }
            #expect(receiver.requests[0].path == "/_bulk")
            #expect(receiver.requests[0].headers["content-type"] == "application/x-ndjson")
            #expect(receiver.requests[0].body.last == 10)
            #expect(
                receiver.requests[0].lines[0] == #"{"create":{"_index":"gatehouse-event","_id":"gw-01:event:1"}}"#)
            #expect(receiver.requests[1].lines.count == 2)
        }
        try await receiver.close()
    }

    @Test func `a missing index holds the sink`() async throws {
        let receiver = try HTTPReceiver { request, _ in
            let item =
                #"{"create":{"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}}}"#
            let count = request.lines.count / 2
            return .init(
                body: #"{"errors":true,"items":[\#(Array(repeating: item, count: count).joined(separator: ","))]}"#)
        }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.elasticsearch, receiver.url)])
            try rig.write(events: 1...5)
            let report = try await rig.waitUntil("held") { $0.state == .held }
            #expect(report.refused == 0)
            #expect(report.problem?.contains("index_not_found_exception") == true)
        }
        try await receiver.close()
    }

    @Test func `loki gets streams of few labels with nanoseconds as text`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init(status: 204) }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.loki, receiver.url) { $0.tenant = "security" }])
            try rig.write(events: 1...3)
            try await rig.waitUntil("taken") { $0.taken == 3 }
            let request = try #require(receiver.requests.first)
            #expect(request.path == "/loki/api/v1/push")
            #expect(request.headers["x-scope-orgid"] == "security")
            let object = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
            let streams = try #require(object?["streams"] as? [[String: Any]])
            #expect(streams.count == 1)
            #expect(
                streams[0]["stream"] as? [String: String] == ["job": "gatehouse", "host": "gw-01", "kind": "event"])
            let values = try #require(streams[0]["values"] as? [[Any]])
            #expect(values[0][0] as? String == "1795168801000001000")
            #expect(values.count == 3)
            let line = try #require(values[0][1] as? String)
            #expect(Self.ids([line]) == ["gw-01:event:1"])
            #expect((values[0][2] as? [String: String])?["id"] == "gw-01:event:1")
        }
        try await receiver.close()
    }

    @Test func `a redirect is not followed`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init(status: 302, headers: [("location", "http://127.0.0.1:1/")]) }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            try rig.write(events: 1...1)
            try await rig.waitUntil("held") { $0.state == .held }
        }
        try await receiver.close()
    }
}

import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Sinks

/// What a sink remembers, across its own end and that of the files that it reads.
@Suite struct CursorTests {
    private static func ids(_ receiver: HTTPReceiver) -> [String] {
        receiver.requests.flatMap(\.lines).compactMap {
            ((try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any])?["id"] as? String
        }
    }

    private static func rotate(_ path: String, keeping: Int = 8) throws {
        try LogGenerations(path).setAside(keeping: keeping)
        _ = try DurableFile.create(path)
    }

    @Test func `what is set aside before it is read is read, in its order`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            _ = try rig.service.answer(.pause, of: "siem")
            try await rig.waitUntil("paused") { $0.state == .paused }
            for part in 0..<4 {
                try rig.write(events: (part * 10 + 1)...(part * 10 + 10))
                try Self.rotate(rig.data.eventsJSON)
            }
            _ = try rig.service.answer(.resume, of: "siem")
            try await rig.waitUntil("taken") { $0.taken == 40 && $0.lost == 0 }
            #expect(Self.ids(receiver) == (1...40).map { "gw-01:event:\($0)" })
        }
        try await receiver.close()
    }

    @Test func `what goes unread is stated`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            try rig.write(events: 1...5)
            try await rig.waitUntil("five") { $0.taken == 5 }
            _ = try rig.service.answer(.pause, of: "siem")
            try await rig.waitUntil("paused") { $0.state == .paused }
            for part in 1..<4 {
                try rig.write(events: (part * 10 + 1)...(part * 10 + 5))
                try Self.rotate(rig.data.eventsJSON, keeping: 1)
            }
            _ = try rig.service.answer(.resume, of: "siem")
            let report = try await rig.waitUntil("the rest") { $0.taken == 10 }
            #expect(
                report.losses == ["events behind number 5 were set aside and removed unread; how many is not known"])
            #expect(rig.service.problems.contains { $0.hasPrefix("sink siem: lost: ") })
        }
        try await receiver.close()
    }

    @Test func `another service goes on where the first ended, and a new address takes the place over`() async throws {
        let first = try HTTPReceiver { _, _ in .init() }
        let second = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, first.url)])
            try rig.write(events: 1...5)
            try await rig.waitUntil("five") { $0.taken == 5 }
            rig.service.stop()
            try rig.write(events: 6...8)
            let successor = SinkService(rig.data) { _ in }
            defer { successor.stop() }
            let names = SinkNames(host: "gw-01", catalogue: Catalogue())
            successor.adopt([try SinkRig.sink(.http, first.url)], names: names, since: 1)
            try await inTime("eight") { successor.reports.first?.taken == 8 }
            successor.adopt([try SinkRig.sink(.http, second.url)], names: names, since: 2)
            try rig.write(events: 9...9)
            try await inTime("nine") { successor.reports.first?.taken == 9 }
            #expect(Self.ids(first) == (1...8).map { "gw-01:event:\($0)" })
            #expect(Self.ids(second) == ["gw-01:event:9"])
        }
        try await first.close()
        try await second.close()
    }

    @Test func `damaged lines and bytes that are no UTF-8 break nothing, and are told`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url)])
            let file = try DurableFile.openForAppending(rig.data.eventsJSON)
            // Of a letter that the line has nowhere else.
            let line = Array(SinkRig.event(1, rule: "~~").utf8).map { $0 == UInt8(ascii: "~") ? 0xff : $0 }
            try file.writeAll(line + [10])
            try file.writeAll(Array("{\"torn\":\n".utf8))
            try rig.write(events: 2...2)
            let report = try await rig.waitUntil("told") { $0.lost >= 1 && $0.taken >= 1 }
            #expect(report.losses.contains { $0.contains("it is no JSON object") })
            #expect(Self.ids(receiver).last == "gw-01:event:2")
        }
        try await receiver.close()
    }

    @Test func `a damaged cursor ships nothing, and says how to mend it`() async throws {
        try await withRig { rig in
            try DurableFile.makeFolder(rig.data.sinks)
            try DurableFile.replace("\(rig.data.sinks)/siem.json", with: Array("{".utf8))
            rig.adopt([try SinkRig.sink(.file, "file:out.jsonl")])
            #expect(
                rig.service.problems.first?.contains("siem.json is damaged, and nothing is shipped: move it away")
                    == true)
        }
    }

    @Test func `a rate holds`() async throws {
        let receiver = try HTTPReceiver { _, _ in .init() }
        try await withRig { rig in
            rig.adopt([try SinkRig.sink(.http, receiver.url) { $0.rate = 100 }])
            let start = SystemClock.monotonic
            try rig.write(events: 1...100)
            try await rig.waitUntil("a hundred") { $0.taken == 100 }
            try rig.write(events: 101...200)
            try await rig.waitUntil("two hundred") { $0.taken == 200 }
            #expect(SystemClock.monotonic - start > 900_000_000)
        }
        try await receiver.close()
    }
}

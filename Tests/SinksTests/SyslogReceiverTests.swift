import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Sinks

/// Syslog to a real rsyslog: UDP, TCP in both framings, TLS, RELP; killed under load.
@Suite(
    .ownThread, .serialized,
    .enabled(if: RSyslog.isInstalled, "rsyslog or rsyslog-relp is not installed: scripts/setup"))
struct SyslogReceiverTests {
    @Test(arguments: ["udp", "tcp", "lines", "tls", "relp"])
    func `rsyslog has every message as it was sent`(_ way: String) async throws {
        try await withRig { rig in
            let receiver = try RSyslog(rig.data.path)
            defer { receiver.stop() }
            let url = receiver.url(way)
            rig.adopt([
                try SinkRig.sink(.syslog, url) {
                    $0.authorityFile = way == "tls" ? receiver.certificate : nil
                    if way == "lines" { $0.framing = .lines }
                }
            ])
            try rig.write(events: 1...200)
            try await inTime("200 messages by \(way)") { receiver.ids.count >= 200 }
            #expect(Set(receiver.ids) == Set((1...200).map { "gw-01:event:\($0)" }))
            let first = try #require(receiver.messages.first)
            #expect(first["app"] as? String == "gatehouse")
            #expect(first["host"] as? String == "gw-01")
            #expect(first["pri"] as? String == "133")
            #expect(first["msgid"] as? String == "EVENT")
            let data = try #require(RSyslog.data(first))
            #expect(data["src_ip"] == "203.0.113.7")
            #expect(data["rule"] == "ingress tcp/22 from any")
        }
    }

    @Test func `nothing is lost when the receiver is killed under load`() async throws {
        try await withRig { rig in
            var receiver = try RSyslog(rig.data.path)
            defer { receiver.stop() }
            rig.adopt([try SinkRig.sink(.syslog, receiver.url("relp"))])
            for round in 0..<4 {
                try rig.write(events: (round * 5000 + 1)...(round * 5000 + 5000))
                try await Task.sleep(for: .milliseconds(150))
                receiver.kill()
                receiver = try RSyslog(rig.data.path)
            }
            let wanted = Set((1...20_000).map { "gw-01:event:\($0)" })
            try await inTime("all of them") { Set(receiver.ids).isSuperset(of: wanted) }
        }
    }

    @Test func `hostile values break no message`() async throws {
        try await withRig { rig in
            let receiver = try RSyslog(rig.data.path)
            defer { receiver.stop() }
            rig.adopt([try SinkRig.sink(.syslog, receiver.url("relp"))])
            let hostile = #"a]b\"c\\d|e=f\n<13>1 - evil\r\u0000\ufeff^"#
            try rig.write([
                SinkRig.event(1, rule: hostile), SinkRig.event(2, rule: String(repeating: "x", count: 65_536)),
                SinkRig.event(3),
            ])
            try await inTime("three messages") { receiver.ids.count >= 3 }
            #expect(receiver.ids == (1...3).map { "gw-01:event:\($0)" })
            let first = RSyslog.data(receiver.messages[0])
            #expect(first?["rule"] == "a]b\"c\\d|e=f <13>1 - evil  \u{feff}^")
        }
    }
}

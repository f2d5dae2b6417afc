import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Sinks

/// Real servers and readers of others: `make sinks-check`, which installs them.
@Suite(
    .ownThread, .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["GATEHOUSE_SINK_PEERS"] != nil, "make sinks-check"))
struct PeerTests {
    /// A program that ends with the test.
    private final class Server {
        let process: ChildProcess

        init(_ name: String, _ words: [String]) throws {
            var options = ChildProcess.Options()
            options.diesWithParent = true
            process = try ChildProcess(try #require(Program(name)).path, words, options: options)
        }

        func kill() {
            process.kill()
            _ = try? process.wait()
        }

        deinit {
            process.kill()
            _ = try? process.wait()
        }
    }

    private static func run(_ name: String, _ words: [String]) throws -> String {
        try #require(Program(name)).run(words).output
    }

    /// Runs a script with the packages of one of the environments of `scripts/sinks-check`.
    private static func python(
        _ environment: String, _ script: String, _ words: [String]
    ) throws -> (status: Int32, output: String) {
        let place = try #require(ProcessInfo.processInfo.environment["GATEHOUSE_SINK_PYTHON"])
        return try Program(at: "\(place)/\(environment)/bin/python").run(["-c", script] + words)
    }

    @Test func `jetstream keeps each record once, also when the server is killed`() async throws {
        try await withRig { rig in
            let port = Int.random(in: 30_000...31_000)
            let words = [
                "-a", "127.0.0.1", "-p", "\(port)", "-m", "\(port + 1000)", "-js", "-sd", rig.data.path + "/js",
            ]
            func count() throws -> Int {
                let text = try Self.run("curl", ["-s", "127.0.0.1:\(port + 1000)/jsz"])
                let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                return object?["messages"] as? Int ?? -1
            }
            var server = try Server("nats-server", words)
            try eventually("it answers") { try count() >= 0 }
            rig.adopt([try SinkRig.sink(.nats, "nats://127.0.0.1:\(port)/gatehouse.events")])
            try rig.write(events: 1...100)
            let held = try await rig.waitUntil("held without a stream") { $0.state == .held }
            #expect(held.problem?.contains("no stream takes subject gatehouse.events") == true)
            let stream = #"{"name":"GH","subjects":["gatehouse.*"],"storage":"file"}"#
            let request = "CONNECT {}\r\nPUB $JS.API.STREAM.CREATE.GH \(stream.utf8.count)\r\n\(stream)\r\n"
            try DurableFile.replace(rig.data.path + "/request", with: Array(request.utf8))
            _ = try Self.run(
                "bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port); cat \(rig.data.path)/request >&3; sleep 1"])
            _ = try rig.service.answer(.resume, of: "siem")
            try await rig.waitUntil("taken") { $0.taken == 100 }
            #expect(try count() == 100)
            try rig.write(events: 101...3000)
            try await Task.sleep(for: .milliseconds(120))
            server.kill()
            server = try Server("nats-server", words)
            try await rig.waitUntil("taken again") { $0.taken == 3000 }
            // Its memory of ids ends with it: what was sent twice around the kill, readers drop by id.
            #expect(try count() >= 3000)
        }
    }

    @Test func `redis has an entry a record`() async throws {
        try await withRig { rig in
            let port = Int.random(in: 31_000...32_000)
            let server = try Server(
                "redis-server",
                [
                    "--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--requirepass", "pw", "--dir",
                    rig.data.path,
                ])
            defer { server.kill() }
            func ask(_ words: String...) throws -> String {
                try Self.run("redis-cli", ["-p", "\(port)", "-a", "pw", "--no-auth-warning"] + words)
            }
            try eventually("it answers") { try ask("ping").contains("PONG") }
            let secret = try rig.secret("wrong")
            rig.adopt([try SinkRig.sink(.redis, "redis://127.0.0.1:\(port)/gh") { $0.secretFile = secret }])
            try rig.write(events: 1...500)
            try await rig.waitUntil("held by a wrong password") {
                $0.state == .held && $0.problem?.contains("WRONGPASS") == true
            }
            _ = try rig.secret("pw")
            try await rig.waitUntil("taken") { $0.taken == 500 }
            #expect(try ask("xlen", "gh").hasPrefix("500"))
            let first = try ask("xrange", "gh", "-", "+", "COUNT", "1")
            #expect(first.contains("gw-01:event:1") && first.contains("\"kind\"") || first.contains("kind"))
        }
    }

    @Test func `liblognorm reads our cef, hostile values too`() async throws {
        try await withScratchFolder { folder in
            try DurableFile.replace(folder + "/r.rb", with: Array("version=2\nrule=cef:%f:cef%\n".utf8))
            let lines = try (MappingTests.hostile + ["plain"]).map {
                try MappingTests.render(.cef, SinkRig.event(1, rule: $0, instance: $0))
            }
            try DurableFile.replace(folder + "/lines", with: Array((lines.joined(separator: "\n") + "\n").utf8))
            let output = try Self.run("bash", ["-c", "lognormalizer -r \(folder)/r.rb -e json < \(folder)/lines"])
            let parsed = output.split(separator: "\n").compactMap {
                (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
            }
            #expect(parsed.count == lines.count)
            for object in parsed {
                let header = try #require(object["f"] as? [String: Any], "\(object)")
                let keys = try #require(header["Extensions"] as? [String: Any])
                #expect(keys["src"] as? String == "203.0.113.7" && keys["dpt"] as? String == "22")
            }
        }
    }

    @Test func `the protobuf schema of opentelemetry reads our logs, in both encodings`() async throws {
        let lines = [SinkRig.event(1), SinkRig.event(2, verdict: "ACCEPT", rule: MappingTests.hostile[3])]
        let bytes = Array(lines.joined(separator: "\n").utf8)
        let end = lines[0].utf8.count
        let batch = RecordBatch(
            source: .events, bytes: bytes, lines: [0..<end, (end + 1)..<bytes.count], next: .audit(0))
        var fields = RecordFields()
        try await withScratchFolder { folder in
            try DurableFile.replace(folder + "/pb", with: TelemetryProtobuf.body(batch, &fields))
            try DurableFile.replace(folder + "/json", with: TelemetryJSON.body(batch, &fields))
            let script = """
                import sys
                from google.protobuf import json_format
                from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest as R
                a = R(); a.ParseFromString(open(sys.argv[1] + "/pb", "rb").read())
                b = json_format.Parse(open(sys.argv[1] + "/json").read(), R())
                logs = a.resource_logs[0].scope_logs[0].log_records
                assert a == b, (a, b)
                assert len(logs) == 2 and logs[0].time_unix_nano == 1795168801000001000, logs
                assert {x.key: x.value for x in logs[0].attributes}["source.port"].int_value == 51000
                print("same")
                """
            let ran = try Self.python("telemetry", script, [folder])
            #expect(ran.output.contains("same"), "\(ran.output)")
        }
    }

    @Test func `tencent's own client reads what we send, and signs as we do`() async throws {
        let lines = [SinkRig.event(1)]
        let bytes = Array(lines[0].utf8)
        let batch = RecordBatch(source: .events, bytes: bytes, lines: [0..<bytes.count], next: .audit(0))
        var fields = RecordFields()
        try await withScratchFolder { folder in
            let body = CLSLogs.body(batch, &fields, longestValue: 1_000_000)
            try DurableFile.replace(folder + "/lz4", with: LZ4Block.compress(body))
            try DurableFile.replace(folder + "/size", with: Array(String(body.count).utf8))
            let script = """
                import sys, lz4.block
                from tencentcloud.log.cls_pb2 import LogGroupList
                size = int(open(sys.argv[1] + "/size").read())
                raw = lz4.block.decompress(open(sys.argv[1] + "/lz4", "rb").read(), uncompressed_size=size)
                g = LogGroupList(); g.ParseFromString(raw)
                log = g.logGroupList[0].logs[0]
                assert {c.key: c.value for c in log.contents}["record_id"] == "gw-01:event:1"
                print("read", log.time)
                """
            let ran = try Self.python("cls", script, [folder])
            #expect(ran.output.contains("read 1795168801000"), "\(ran.output)")
        }
    }
}

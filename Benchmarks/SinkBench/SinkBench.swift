import Foundation
import Glibc
import Host
import Link
import Model
import Sinks

/// Measures how many events a second one processor ships, by kind: `make bench-sinks`.
///
/// The receiver is a process of its own that takes everything; what is told is the sender's processor time.
@main enum SinkBench {
    private static let kinds: [(name: String, kind: SinkKind, floor: Int)] = [
        ("tcp", .syslog, 200_000), ("relp", .syslog, 200_000), ("bulk", .elasticsearch, 150_000),
        ("splunk", .splunk, 150_000), ("otlp", .otlp, 150_000),
    ]

    static func main() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == "receive" { return try BenchReceiver.run(words[1]) }
        let count = words.first.flatMap { Int($0) } ?? 400_000
        let folder = "/tmp/gatehouse-sink-bench-\(Machine.processID)"
        try DurableFile.makeFolder(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try writeEvents(count, to: DataFolder(folder).eventsJSON)
        print("kind      events/s of a processor   floor     events/s by the clock")
        for entry in kinds { try measure(entry, count, DataFolder(folder)) }
    }

    private static func measure(_ entry: (name: String, kind: SinkKind, floor: Int), _ count: Int, _ data: DataFolder)
        throws
    {
        var options = ChildProcess.Options()
        options.diesWithParent = true
        let receiver = try ChildProcess(CommandLine.arguments[0], ["receive", entry.name], options: options)
        defer {
            receiver.kill()
            _ = try? receiver.wait()
        }
        let scheme = entry.kind == .syslog ? entry.name : "http"
        let address = try SinkAddress("\(scheme)://127.0.0.1:\(BenchReceiver.port)", of: entry.kind)
        var sink = Sink(
            name: entry.name, kind: entry.kind, address: address, sources: [.events], format: entry.kind.formats.first)
        if entry.kind == .splunk {
            sink.secretFile = data.path + "/token"
            try DurableFile.replace(data.path + "/token", with: Array("token".utf8), mode: 0o600)
        }
        try DurableFile.makeFolder(data.sinks)
        // From the first line on.
        try DurableFile.replace(
            "\(data.sinks)/\(entry.name).json",
            with: Array(
                #"{"events":{"inode":0,"offset":0,"sequence":0},"format":1,"isPaused":false,"letters":0,"lost":0,"losses":[],"refused":0,"taken":0}"#
                    .utf8))
        _ = try Polling.wait([], timeoutNanoseconds: 500_000_000)
        let service = SinkService(data) { FileHandle.standardError.write(Data(($0 + "\n").utf8)) }
        let (start, used) = (SystemClock.monotonic, processorTime)
        service.adopt([sink], names: SinkNames(host: "gw-01", catalogue: Catalogue()), since: 1)
        var (end, spent) = (start, used)
        while service.reports.first?.takenAt == nil || service.reports.first.map({ $0.taken < count }) ?? true {
            if let problem = service.reports.first?.problem { print("\(entry.name): \(problem)") }
            // A stream without acknowledgement counts two seconds later: what was sent counts here.
            if BenchReceiver.received(data) >= count { break }
            _ = try Polling.wait([], timeoutNanoseconds: 5_000_000)
            (end, spent) = (SystemClock.monotonic, processorTime)
        }
        service.stop()
        let processor = Double(count) / (Double(spent - used) / 1e9)
        let clock = Double(count) / (Double(end - start) / 1e9)
        let mark = Int(processor) >= entry.floor ? "" : "  BELOW"
        print(String(format: "%-9@ %12.0f %18d %18.0f%@", entry.name, processor, entry.floor, clock, mark))
    }

    private static var processorTime: Int64 {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return Int64(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000_000
            + Int64(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000
    }

    private static func writeEvents(_ count: Int, to path: String) throws {
        let file = try DurableFile.create(path)
        var lines = ""
        for number in 1...count {
            let time = "2026-11-20T10:00:01.\(String(1_000_000 + number % 1_000_000).dropFirst())Z"
            lines += """
                {"sequence":\(number),"time":"\(time)","host":"gw-01","verdict":"DROP","reason":"no-rule","direction":"ingress",\
                "project":"demo","project_name":"demo","vpc":"shop","subnet":"front","instance":"web-1","interface":"eth0",\
                "interface_id":"0e86db6f-4f1b-891e-bb82-0f4016d7a468","device":"gh-web-1","stage":"group",\
                "rule_id":"b0a20fd7-7cad-830d-a8de-2af1501b9f25","rule":"ingress tcp/22 from any","group":"web","revision":2,\
                "changed_by":"ada","changed_at":"2026-11-03T10:00:00.000000Z","src_ip":"203.0.113.\(number % 250)",\
                "dst_ip":"10.10.1.5","protocol":"tcp","protocol_number":6,"src_port":\(1024 + number % 60_000),"dst_port":22,\
                "tcp_flags":"SYN","ttl":63,"length":60}\n
                """
            if lines.utf8.count > 1 << 20 {
                try file.writeAll(Array(lines.utf8))
                lines = ""
            }
        }
        try file.writeAll(Array(lines.utf8))
    }
}

import Foundation
import Host
import Link
import Model
import Synchronization
import TestSupport

@testable import Sinks

/// A data folder with an event log that a test writes, and sinks that ship it.
final class SinkRig: Sendable {
    let data: DataFolder
    let service: SinkService
    let told = Told()

    final class Told: Sendable {
        private let kept = Mutex<[String]>([])
        func add(_ line: String) { kept.withLock { $0.append(line) } }
        var lines: [String] { kept.withLock { $0 } }
    }

    init(_ folder: String) throws {
        data = DataFolder(folder)
        service = SinkService(data) { [told] in told.add($0) }
        try write([])
    }

    func adopt(_ sinks: [Sink]) {
        service.adopt(sinks, names: SinkNames(host: "gw-01", catalogue: Catalogue()), since: 1)
    }

    static func sink(
        _ kind: SinkKind, _ url: String, sources: [SinkSource] = [.events], filter: String? = nil,
        format: SinkFormat? = nil, _ edit: (inout Sink) -> Void = { _ in }
    ) throws -> Sink {
        var sink = Sink(
            name: "siem", kind: kind, address: try SinkAddress(url, of: kind), sources: sources, filter: filter,
            format: format ?? kind.formats.first)
        edit(&sink)
        return sink
    }

    /// Writes a file that only its owner may read.
    func secret(_ text: String, _ name: String = "secret") throws -> String {
        let path = "\(data.path)/\(name)"
        try DurableFile.replace(path, with: Array(text.utf8), mode: 0o600)
        return path
    }

    /// Adds whole lines to the event log.
    func write(_ lines: [String]) throws {
        let file = try DurableFile.openForAppending(data.eventsJSON)
        try file.writeAll(Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    func write(events numbers: ClosedRange<Int>) throws { try write(numbers.map { Self.event($0) }) }

    static func event(
        _ number: Int, verdict: String = "DROP", rule: String = "ingress tcp/22 from any", instance: String = "web-1"
    ) -> String {
        let time = "2026-11-20T10:00:01.\(String(format: "%06d", number % 1_000_000))Z"
        return """
            {"sequence":\(number),"time":"\(time)","host":"gw-01","verdict":"\(verdict)","reason":"no-rule","direction":"ingress",\
            "project":"demo","vpc":"shop","subnet":"front","instance":"\(instance)","interface":"eth0",\
            "interface_id":"0e86db6f-4f1b-891e-bb82-0f4016d7a468","device":"gh-web-1","stage":"group",\
            "rule_id":"b0a20fd7-7cad-830d-a8de-2af1501b9f25","rule":"\(rule)","group":"web","revision":2,"changed_by":"ada",\
            "src_ip":"203.0.113.7","dst_ip":"10.10.1.5","protocol":"tcp","protocol_number":6,"src_port":51000,"dst_port":22,\
            "tcp_flags":"SYN","ttl":63,"length":60}
            """
    }

    var report: SinkReport? { service.reports.first }

    /// Waits until the receiver has so many, and gives the report.
    @discardableResult
    func waitUntil(_ what: String, _ isTrue: (SinkReport) -> Bool) async throws -> SinkReport {
        try await inTime("\(what): \(String(describing: report)) \(told.lines)") { report.map(isTrue) ?? false }
        return try report ?? { throw InVain(what: what) }()
    }
}

/// A rig in a folder of its own, whose sinks end with `body`.
func withRig<Result>(_ body: (SinkRig) async throws -> Result) async throws -> Result {
    try await withScratchFolder { folder in
        let rig = try SinkRig(folder)
        defer { rig.service.stop() }
        return try await body(rig)
    }
}

/// Waits until something is so, and leaves the thread to others meanwhile: sinks are tasks as tests are.
func inTime(_ what: @autoclosure () -> String, isTrue: () throws -> Bool) async throws {
    let deadline = SystemClock.monotonic + 60_000_000_000
    while try !isTrue() {
        guard SystemClock.monotonic < deadline else { throw InVain(what: what()) }
        try await Task.sleep(for: .milliseconds(20))
    }
}

struct InVain: Error, CustomStringConvertible {
    let what: String
    var description: String { "waited in vain for \(what)" }
}

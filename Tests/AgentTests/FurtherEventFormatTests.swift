import Host
import Model
import Records
import Sinks
import TestSupport
import Testing

@testable import Agent

/// A further format of events is one type and one entry of a list, and so is a further sink: these are known to nothing else.
private struct ProtocolFormat: EventFormat {
    static let fileName = "events.protocols"
    static let isSelective = false

    init(host: String, catalogue: Catalogue) {}
    mutating func learn(_ catalogue: Catalogue) {}

    mutating func append(_ event: SessionEvent, logs: [String], to line: inout ByteLine) {
        line.append(event.key.transport.description)
        line.append("\n")
    }
}

private final class MemorySink: EventSink {
    private(set) var bytes: [UInt8] = []
    let takesUngoverned = true
    let missed: UInt64 = 0
    let problem: String? = nil

    func take(_ lines: [UInt8]) { bytes += lines }
}

// SAFETY: used by one test, in one thread.
private struct MemorySinks: EventSinkKind, @unchecked Sendable {
    let sinks: [String: MemorySink]

    func sink(_ place: EventSinkPlace) -> (any EventSink)? { sinks[place.format.fileName] }
}

@Suite struct FurtherEventFormatTests {
    private static let event = SessionEvent(
        sequence: 1, time: Timestamp(seconds: 1_793_699_700), verdict: .drop, stage: .group,
        rule: Identifier(derivedFrom: "refusal"), revision: 1, interface: Identifier(derivedFrom: "port"),
        direction: .ingress,
        key: FlowKey(
            initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 1, targetPort: 2),
        packet: [])

    @Test func `a further format has its file beside the others`() async throws {
        try await withScratchFolder { folder in
            var log = try EventLog(
                folder: folder, host: "h", catalogue: Catalogue(), linesPerSecond: 10, settings: NetworkLogSettings(),
                formats: [ProtocolFormat.self] + EventFormats.standard)
            log.append(Self.event)
            try log.write()
            #expect(try DurableFile.read(folder + "/events.protocols") == Array("tcp\n".utf8))
            for type in EventFormats.standard {
                #expect(try DurableFile.read("\(folder)/\(type.fileName)")?.isEmpty == false)
            }
        }
    }

    @Test func `a further sink gets each format's lines`() async throws {
        try await withScratchFolder { folder in
            let (sink, other) = (MemorySink(), MemorySink())
            var log = try EventLog(
                folder: folder, host: "h", catalogue: Catalogue(), linesPerSecond: 10, settings: NetworkLogSettings(),
                formats: [ProtocolFormat.self, EventJSON.self],
                sinks: EventSinks.standard + [
                    MemorySinks(sinks: ["events.protocols": sink, EventJSON.fileName: other])
                ])
            log.append(Self.event)
            try log.write()
            #expect(sink.bytes == Array("tcp\n".utf8))
            #expect(other.bytes == (try DurableFile.read(folder + "/events.jsonl")))
        }
    }
}

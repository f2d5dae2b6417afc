import Foundation
import Host
import Link
import Model
import Records
import TestSupport
import Testing

@testable import Server
@testable import Service
@testable import Uplink

/// A host's log and the server's copy of it, with everything that may happen between them.
private struct Wire {
    let log: String
    private let statePath: String
    private let server: HostFolder
    private var shipping: EventShipping
    private(set) var sequence: UInt64 = 0

    init(_ folder: String) throws {
        log = folder + "/events.jsonl"
        statePath = folder + "/shipped.json"
        server = HostFolder(path: folder + "/server")
        shipping = EventShipping(log: log, host: "host-1", statePath: statePath)
        try begin()
    }

    var copy: [UInt8] { get throws { try DurableFile.read("\(server.path)/host-1/events.jsonl") ?? [] } }

    /// The numbers of the copy's events, and what its summaries say is lost.
    var told: (sequences: [UInt64], lost: UInt64) {
        get throws {
            var told: (sequences: [UInt64], lost: UInt64) = ([], 0)
            for line in try copy.split(separator: UInt8(ascii: "\n")) {
                switch try EventLogLine(reading: line) {
                case .event(let entry): told.sequences.append(entry.sequence)
                case .summary(let summary): told.lost += summary.lost
                }
            }
            return told
        }
    }

    /// A new process, or a new connection.
    mutating func begin() throws {
        shipping = EventShipping(log: log, host: "host-1", statePath: statePath)
        try shipping.begin(serverHas: try server.sizes("host-1")["events.jsonl"] ?? 0)
    }

    mutating func write(_ count: Int) throws {
        let interface = Identifier<Interface>(derivedFrom: "i")
        let rule = Identifier<Rule>(derivedFrom: "r")
        var lines = ""
        for _ in 0..<count {
            sequence += 1
            let time = Timestamp(seconds: 1_793_700_900 + Int64(sequence)).text(fractionDigits: 6)
            lines +=
                #"{"kind":"event","sequence":\#(sequence),"time":"\#(time)","host":"host-1","verdict":"ACCEPT","#
                + #""direction":"ingress","interface_id":"\#(interface)","stage":"group","rule_id":"\#(rule)","#
                + #""revision":1,"src_ip":"10.0.0.1","dst_ip":"10.0.0.2","protocol_number":6}"# + "\n"
        }
        try DurableFile.openForAppending(log).writeAll(Array(lines.utf8))
    }

    func rotate(keeping: Int = 8) throws {
        if DurableFile.exists(log) { try LogGenerations(log).setAside(keeping: keeping) }
    }

    /// Sends what is next; false when there is nothing. Without an answer the host does not learn that it arrived.
    mutating func send(isAnswered: Bool = true) throws -> Bool {
        guard let (bytes, place) = try shipping.next() else { return false }
        var usage = HostFolder.Usage()
        _ = try server.write(bytes, to: "events.jsonl", at: place.sent - bytes.count, of: "host-1", quota: .max, &usage)
        if isAnswered { try shipping.acknowledge(place) }
        return true
    }

    mutating func sendAll() throws { while try send() {} }

    func setServerBack(to size: Int) throws {
        try Data(copy.prefix(size)).write(to: URL(fileURLWithPath: "\(server.path)/host-1/events.jsonl"))
    }
}

@Suite struct EventShippingTests {
    @Test func `what is shipped is what the agent writes, and what commands read`() {
        #expect(DataFolder("/data").eventsJSON == "/data/\(EventJSON.fileName)")
    }

    @Test func `lines of files that were set aside arrive once and in order`() async throws {
        try await withScratchFolder { folder in
            var wire = try Wire(folder)
            for _ in 0..<5 {
                try wire.write(3)
                try wire.rotate()
            }
            try wire.write(2)
            try wire.sendAll()
            #expect(try wire.told.sequences == Array(1...17))
            #expect(try wire.told.lost == 0)
        }
    }

    @Test func `lines that were gone before they were sent are counted in a summary`() async throws {
        try await withScratchFolder { folder in
            var wire = try Wire(folder)
            try wire.write(4)
            try wire.sendAll()
            // Numbers 5 to 13 are in files that go before anybody reads them.
            for _ in 0..<3 {
                try wire.write(3)
                try wire.rotate(keeping: 8)
            }
            for _ in 0..<2 {
                try wire.write(1)
                try wire.rotate(keeping: 2)
            }
            try wire.sendAll()
            #expect(try wire.told.sequences == Array(1...4) + [14, 15])
            #expect(try wire.told.lost == 9)
            try wire.write(1)
            try wire.sendAll()
            #expect(try wire.told.sequences.last == 16)
            #expect(try wire.told.lost == 9)
        }
    }

    @Test func `a server that was set back gets again what it lost`() async throws {
        try await withScratchFolder { folder in
            var wire = try Wire(folder)
            try wire.write(10)
            try wire.rotate()
            try wire.write(10)
            try wire.sendAll()
            let whole = try wire.copy
            for size in [0, whole.count / 3, whole.count - 7] {
                try wire.setServerBack(to: size)
                try wire.begin()
                try wire.sendAll()
                #expect(try wire.copy == whole)
            }
        }
    }

    @Test(arguments: 0..<16)
    func `whatever happens on the way, the copy is the log or says what is missing`(seed: UInt64) async throws {
        try await withScratchFolder { folder in
            var random = SplitMix64(seed: seed)
            var wire = try Wire(folder)
            for _ in 0..<200 {
                switch Int.random(in: 0..<10, using: &random) {
                case 0...3: try wire.write(Int.random(in: 1...5, using: &random))
                case 4: try wire.rotate(keeping: 3)
                case 5: try wire.begin()
                case 6:
                    // An answer that was lost ends the connection.
                    _ = try wire.send(isAnswered: false)
                    try wire.begin()
                default: _ = try wire.send()
                }
            }
            try wire.write(1)
            try wire.sendAll()
            let (sequences, lost) = try wire.told
            #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
            // What was sent and not known to have arrived may be counted as lost too, never the other way round.
            let missing = wire.sequence - UInt64(sequences.count)
            #expect(sequences.last == wire.sequence && missing <= lost)
            if lost == 0 { #expect(missing == 0) }
        }
    }
}

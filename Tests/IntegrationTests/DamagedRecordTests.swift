import Foundation
import Host
import Link
import Model
import Rehearsal
import Spools
import TestSupport
import Testing

/// Files of records that something damaged: the loss is stated, and status names the file.
@Suite(.serialized) struct DamagedRecordTests {
    enum Harm: String, CaseIterable, CustomStringConvertible {
        case flippedBit, cutSegment, lostSegment, snapshot, snapshotAndSegment, endedJournal, bindings
        var description: String { rawValue }
    }

    private func harm(_ harm: Harm, _ folder: DataFolder) throws -> String {
        let segment =
            "\(folder.spool)/\(try #require(try DurableFile.list(folder.spool).first { $0.hasSuffix(".spool") }))"
        func flip(_ path: String, _ place: Int) throws {
            var bytes = try DurableFile.read(path) ?? []
            bytes[place] ^= 4
            try DurableFile.replace(path, with: bytes)
        }
        switch harm {
        case .flippedBit:
            // In the first record's counts.
            try flip(segment, 9 + 140)
            return segment
        case .cutSegment:
            let bytes = try DurableFile.read(segment) ?? []
            try DurableFile.replace(segment, with: Array(bytes.prefix(bytes.count / 2)))
            return folder.spool
        case .lostSegment:
            try DurableFile.remove(segment)
            return folder.spool
        case .snapshot:
            try flip(folder.snapshot, 20)
            return folder.snapshot
        case .snapshotAndSegment:
            try flip(segment, 9 + 140)
            try flip(folder.snapshot, 20)
            return segment
        case .endedJournal:
            try flip(folder.journals + "/ended", 0)
            return folder.journals + "/ended"
        case .bindings:
            try flip(folder.bindings, 3)
            return folder.bindings
        }
    }

    @Test(.kernel, arguments: Harm.allCases)
    func `what cannot be read is a stated loss, and status names the file`(harm: Harm) throws {
        let agent = try AgentUnderTest("dr\(Harm.allCases.firstIndex(of: harm) ?? 0)")
        defer { agent.remove() }
        try agent.addGuest("client", addresses: ["10.1.0.10/24"])
        try agent.addGuest("server", addresses: ["10.1.0.11/24"])
        try agent.start()
        try agent.apply(BooksTests.policy)
        try eventually("books that nothing is pending in") {
            try agent.books(settle: 1).lines.allSatisfy { !$0.isPending }
        }
        for port in 7000...7005 as ClosedRange<UInt16> {
            try agent.send(HandmadePacket(try agent.udp("10.1.0.10", "10.1.0.11", 5000, port)), as: "client")
            if port == 7003 {
                // These have ended, and are in records.
                try TestHost.run("conntrack", "-F", in: agent.host.name, mayFail: true)
                try agent.ask(.flush)
            }
        }
        try TestHost.run("conntrack", "-F", in: agent.host.name, mayFail: true)
        try agent.ask(.flush)
        #expect(try agent.books(settle: 5).isBalanced)
        let before = try agent.records()
        #expect(before.count >= 12)
        try agent.supervisor.stop()
        let path = try self.harm(harm, agent.folder)
        try agent.start()
        try eventually("status to name \(path), not \((try? agent.status().problems) ?? [])") {
            try agent.status().problems.contains { $0.contains(path) }
        }
        try eventually("books that nothing is pending in") {
            try agent.books(settle: 1).lines.allSatisfy { !$0.isPending }
        }
        let report = try agent.books(settle: 5)
        #expect(report.isBalanced, "\(report.lines)")
        // What is in records, and what is stated, is what the kernel counted.
        var books: [String: Traffic] = [:]
        for record in try agent.records() {
            let way = Way(initiatorOf: record.direction)
            for (way, traffic) in [(way, record.fromInitiator), (way.opposite, record.fromTarget)] {
                books["\(record.interface) \(way)", default: .zero] += traffic
            }
        }
        for loss in try agent.losses() {
            #expect(loss.reason == .damaged || loss.reason == .beforeBinding)
            books["\(loss.interface) \(loss.way)", default: .zero] += loss.traffic
        }
        for (instance, way, word) in [("client", Way.out, "out"), ("server", .into, "into")] {
            let id = Identifier<Interface>(derivedFrom: "interface", "shop", "shop", instance, "eth0")
            let line = try #require(report.lines.first { $0.interface == "\(instance)/eth0" && $0.way == word })
            #expect(books["\(id) \(way)"] == line.kernel, "\(line)")
        }
        switch harm {
        case .flippedBit, .cutSegment, .lostSegment, .snapshotAndSegment:
            #expect(report.lines.contains { $0.lost.packets > 0 })
        case .snapshot, .endedJournal, .bindings:
            #expect(report.lines.allSatisfy { $0.lost.isZero })
        }
        // Numbers of records are not given again.
        try agent.send(HandmadePacket(try agent.udp("10.1.0.10", "10.1.0.11", 5001, 7000)), as: "client")
        try agent.ask(.flush)
        let last = try #require(before.map(\.sequence).max())
        #expect(try agent.records().contains { $0.sequence > last && $0.key.initiatorPort == 5001 })
    }
}

import Foundation
import Host
import Model
import Parquet
import Records
import Spools
import TestSupport
import Testing

@testable import Archive

struct SpoolFeedTests {
    private func record(_ number: Int) -> FlowRecord {
        let start = Timestamp(seconds: 1_793_700_000 + Int64(number) * 300)
        let end = start.advanced(by: .seconds(60))
        return FlowRecord(
            windowStart: start, windowEnd: end, start: start, end: end, connectionStart: start, connection: 7,
            interface: Identifier(derivedFrom: "interface", "\(number % 3)"), direction: .egress, verdict: .accept,
            stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 40_000,
                targetPort: 443), state: .new, fromInitiator: Traffic(packets: 1, bytes: UInt64(number)),
            fromTarget: .zero,
            cumulativeFromInitiator: .zero, cumulativeFromTarget: .zero)
    }

    /// A spool of so many records in half-hours, with a loss after each fifth, and its archive.
    private struct Scene {
        let spool: String
        let folder: ArchiveFolder

        func pass() throws -> Int {
            let source = SpoolSource(host: "host-1", path: spool, catalogue: Catalogue())
            var writer = try ArchiveWriter(folder, try folder.claim())
            var feed = try SpoolFeed(folder, source)
            let count = try feed.pass(&writer)
            try writer.settle()
            return count
        }
    }

    private func scene(_ path: String) -> Scene { Scene(spool: "\(path)/spool", folder: ArchiveFolder("\(path)/ar")) }

    private func add(_ numbers: Range<Int>, to scene: Scene) throws {
        let spool = try Spool(folder: scene.spool)
        for number in numbers {
            spool.append(record(number))
            if number % 5 == 4 {
                spool.append(
                    LossStatement(
                        interface: Identifier(derivedFrom: "interface", "1"), way: .out, reason: .noRoom,
                        traffic: Traffic(packets: 2, bytes: 9), since: Timestamp(seconds: 1),
                        until: Timestamp(seconds: 2)))
            }
        }
        try spool.commit(spool.position)
    }

    @Test func `each record and each loss comes into the archive once`() async throws {
        try await withScratchFolder { path in
            let scene = scene(path)
            try add(0..<40, to: scene)
            #expect(try scene.pass() == 40)
            #expect(try scene.pass() == 0)
            try add(40..<60, to: scene)
            #expect(try scene.pass() == 20)
            let ids = try ArchiveWriterTests.ids(scene.folder)
            #expect(Set(ids).count == 60)
            #expect(ids.count == 60)
            let (losses, _) = try StatementLog(scene.folder).read()
            #expect(losses.count == 12)
            #expect(Set(losses.map(\.id)).count == 12)
            #expect(losses.first?.reason == "no-room")
            #expect(losses.first?.packets == 2)
        }
    }

    /// A crash after segments were closed and before that was noted, with each of them lost in turn.
    @Test func `what is in doubt is told apart`() async throws {
        try await withScratchFolder { path in
            let scene = scene(path)
            try add(0..<40, to: scene)
            #expect(try scene.pass() == 40)
            let whole = try ArchiveWriterTests.ids(scene.folder)
            let places = try scene.folder.folders()
            #expect(places.count > 3)
            for missing in [nil] + places.map(Optional.some) {
                var lost = 0
                if let missing {
                    for segment in try scene.folder.open(missing).segments {
                        lost += segment.file.rowCount
                        try DurableFile.remove("\(scene.folder.path)/\(segment.path)")
                    }
                }
                try HostProgress(next: 1, inDoubt: 1..<49, closed: 0).write(scene.folder, host: "host-1")
                #expect(try scene.pass() == lost)
                #expect(try ArchiveWriterTests.ids(scene.folder) == whole)
                #expect(try StatementLog(scene.folder).read().statements.count == 8)
            }
        }
    }

    @Test func `a damaged note of progress is told and nothing is archived twice`() async throws {
        try await withScratchFolder { path in
            let scene = scene(path)
            try add(0..<10, to: scene)
            #expect(try scene.pass() == 10)
            try write(Array("{".utf8), to: "\(scene.folder.path)/.hosts/host-1.json")
            #expect(throws: ArchiveError.self) { try scene.pass() }
        }
    }
}

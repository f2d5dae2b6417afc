import Host
import Model
import TestSupport
import Testing

@testable import Spools

/// A spool within its limit, and on a disk that is full.
@Suite(.serialized) struct SpoolRoomTests {
    private static let one = Traffic(packets: 1, bytes: 60)

    private func record() -> FlowRecord {
        let start = Timestamp(seconds: 1_793_699_940)
        return FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start, end: start,
            connectionStart: start, connection: 1, interface: Identifier(derivedFrom: "interface"), direction: .egress,
            verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4
            ), state: .ended, fromInitiator: Self.one, fromTarget: Self.one, cumulativeFromInitiator: Self.one,
            cumulativeFromTarget: Self.one)
    }

    private func commit(_ spool: Spool, records: Int) throws {
        for _ in 0..<records { spool.append(record()) }
        var position = spool.position
        position.ended += UInt64(records)
        try spool.commit(position)
    }

    /// Commits; a process that is being started has the files of this one for a moment, also one that was removed to make
    /// room.
    private func commitPatiently(_ spool: Spool, records: Int) throws {
        var position = spool.position
        position.ended += UInt64(records)
        let deadline = SystemClock.monotonic + 120_000_000_000
        do {
            return try commit(spool, records: records)
        } catch let error as SystemError where error.isNoRoom {}
        while true {
            do throws(SystemError) {
                return try spool.commit(position)
            } catch {
                guard error.isNoRoom, SystemClock.monotonic < deadline else { throw error }
                _ = try Polling.wait([], timeoutNanoseconds: 1_000_000)
            }
        }
    }

    private func numbers(_ folder: String) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try SpoolReader(folder: folder).forEach { if case .record(let record) = $0 { numbers.append(record.sequence) } }
        return numbers
    }

    @Test func `beyond its limit the oldest records go, and it says which`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder, limit: 1 << 20)
            var gone: UInt64 = 0
            for _ in 0..<40 {
                try commit(spool, records: 500)
                if let range = spool.takeForgotten() {
                    #expect(range.lowerBound == gone + 1)
                    gone = range.upperBound - 1
                }
                #expect(spool.bytes <= 1 << 20)
            }
            #expect(gone > 10_000)
            #expect(try numbers(folder) == Array(gone + 1...20_000))
            #expect(spool.bytes(after: 20_000) < spool.bytes)
            #expect(spool.bytes(after: 0) == spool.bytes)
            // The one that opens it goes on with the same, and keeps to the limit too.
            let next = try Spool(folder: folder, limit: 1 << 20)
            #expect((next.next, next.position.ended, next.bytes) == (20_001, 20_000, spool.bytes))
            for _ in 0..<10 { try commit(next, records: 500) }
            #expect(next.bytes <= 1 << 20)
            #expect(next.takeForgotten()?.lowerBound == gone + 1)
        }
    }

    @Test(.kernel) func `on a full disk the oldest records make room for the newest`() async throws {
        try await withScratchFolder { folder in
            let disk = try SmallDisk(at: "\(folder)/disk", megabytes: 4)
            defer { disk.remove() }
            let spool = try Spool(folder: "\(disk.path)/spool")
            var gone: UInt64 = 0
            for _ in 0..<100 {
                try commitPatiently(spool, records: 1000)
                if let range = spool.takeForgotten() {
                    #expect(range.lowerBound == gone + 1)
                    gone = range.upperBound - 1
                }
            }
            #expect(gone > 50_000)
            #expect(try numbers("\(disk.path)/spool") == Array(gone + 1...100_000))
            #expect(try Spool(folder: "\(disk.path)/spool").position.ended == 100_000)
        }
    }

    @Test(.kernel) func `where nothing can make room, records wait or are given up`() async throws {
        try await withScratchFolder { folder in
            let disk = try SmallDisk(at: "\(folder)/disk", megabytes: 4)
            defer { disk.remove() }
            let spool = try Spool(folder: "\(disk.path)/spool")
            let other = "\(disk.path)/other"
            #expect(throws: SystemError.self) {
                let file = try DurableFile.openForAppending(other)
                while true { try file.writeAll([UInt8](repeating: 1, count: 4096)) }
            }
            for _ in 0..<3 {
                let error = #expect(throws: SystemError.self) { try commit(spool, records: 100) }
                #expect(error?.isNoRoom == true)
            }
            #expect(spool.waitingBytes > 300 * RecordCodec.size)
            #expect(spool.takeBatch().count == 300)
            #expect(!spool.hasBatch)
            #expect(throws: SystemError.self) { try commit(spool, records: 7) }
            try DurableFile.remove(other)
            try commitPatiently(spool, records: 3)
            #expect(try numbers("\(disk.path)/spool") == Array(1...10))
            #expect(spool.takeForgotten() == nil)
        }
    }

    @Test func `records that are given up are a loss, each way`() {
        let losses = record().asLoss(.noRoom, until: Timestamp(seconds: 1_793_700_000))
        #expect(losses.map(\.way) == [.out, .into])
    }
}

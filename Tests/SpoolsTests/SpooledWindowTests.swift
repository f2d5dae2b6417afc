import Host
import Model
import TestSupport
import Testing

@testable import Spools

/// The windows that a real spool holds.
@Suite struct SpooledWindowTests {
    private static let base: Int64 = 1_793_699_940
    private static let interface = Identifier<Interface>(derivedFrom: "interface")

    private func end(_ index: Int) -> Timestamp { Timestamp(seconds: Self.base + 60 * Int64(index + 1)) }

    private func record(_ start: Timestamp, plannedEnd: Timestamp, _ direction: Direction = .egress) -> FlowRecord {
        let one = Traffic(packets: 1, bytes: 60)
        return FlowRecord(
            windowStart: start, windowEnd: plannedEnd, start: start, end: start, connectionStart: start, connection: 1,
            interface: Self.interface, direction: direction, verdict: .accept, stage: .group,
            rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4
            ), state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one,
            cumulativeFromTarget: one)
    }

    private func commit(_ spool: Spool, closed: Timestamp? = nil) throws {
        var position = spool.position
        if let closed { position.closed = closed.nanoseconds }
        try spool.commit(position)
    }

    /// A spool with so many records in each window; nil is one with a record that was never closed.
    private func fill(_ folder: String, _ counts: [Int?]) throws {
        let spool = try Spool(folder: folder)
        for (index, count) in counts.enumerated() {
            for _ in 0..<(count ?? 1) { spool.append(record(end(index - 1), plannedEnd: end(index))) }
            try commit(spool, closed: count == nil ? nil : end(index))
        }
    }

    private func windows(
        _ folder: String, from first: UInt64 = 1, since: Timestamp? = nil, until: Timestamp
    ) throws -> [SpooledWindow] {
        var found: [SpooledWindow] = []
        try SpoolReader(folder: folder).windows(from: first, since: since, until: until, length: .seconds(60)) {
            found.append($0)
            return true
        }
        return found
    }

    private func count(_ window: SpooledWindow) -> Int { window.counts.values.reduce(0, +) }

    @Test func `windows without records are windows too, and each begins where the one before ended`() async throws {
        try await withScratchFolder { folder in
            try fill(folder, [2, 0, 1])
            let found = try windows(folder, until: end(2))
            #expect(found.map(\.end) == [end(0), end(1), end(2)])
            #expect(found.map(\.start) == [end(-1), end(0), end(1)])
            #expect(found.map(count) == [2, 0, 1])
            #expect(found.map(\.sequences) == [1...2, nil, 3...3])
            #expect(found.allSatisfy { !$0.lacksRecords })
        }
    }

    @Test func `a window that its agent did not live to close is over when a later one is closed`() async throws {
        try await withScratchFolder { folder in
            try fill(folder, [1, nil, 1])
            #expect(try windows(folder, until: end(0)).map(\.end) == [end(0)])
            #expect(try windows(folder, until: end(1)).map(\.end) == [end(0)])
            #expect(try windows(folder, until: end(2)).map(count) == [1, 1, 1])
        }
    }

    @Test func `records that were committed before their window was closed early are in it`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder)
            let (first, second) = (end(-1).advanced(by: .seconds(20)), end(-1).advanced(by: .seconds(30)))
            for start in [end(-1), end(-1)] {
                spool.append(record(start, plannedEnd: end(0)))
                try commit(spool)
            }
            try commit(spool, closed: first)
            // Closed again without a record, then at its planned end.
            try commit(spool, closed: second)
            spool.append(record(second, plannedEnd: end(0), .ingress))
            try commit(spool)
            try commit(spool, closed: end(0))
            let found = try windows(folder, until: end(0))
            #expect(found.map(\.end) == [first, second, end(0)])
            #expect(found.map(\.start) == [end(-1), first, second])
            #expect(found.map(count) == [2, 0, 1])
            // Who lists records sees the same.
            var ends: [Timestamp] = []
            try SpoolReader(folder: folder).forEach {
                if case .record(let record) = $0 { ends.append(record.windowEnd) }
            }
            #expect(ends == [first, first, end(0)])
        }
    }

    @Test func `a close that came late to disk still parts the records`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder)
            let middle = end(-1).advanced(by: .seconds(20))
            spool.append(record(end(-1), plannedEnd: end(0)))
            spool.append(record(middle, plannedEnd: end(0)))
            try commit(spool, closed: middle)
            try commit(spool, closed: end(0))
            #expect(try windows(folder, until: end(0)).map(count) == [1, 1])
        }
    }

    @Test func `what is delivered is left out`() async throws {
        try await withScratchFolder { folder in
            try fill(folder, [2, 0, 1])
            let found = try windows(folder, from: 3, since: end(0), until: end(2))
            #expect(found.map(\.end) == [end(1), end(2)])
            #expect(found.last?.sequences == 3...3)
        }
    }

    @Test func `a loss is its interface's, in the window in which it is stated`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder)
            try commit(spool, closed: end(0))
            spool.append(
                LossStatement(
                    interface: Self.interface, way: .out, reason: .notListening,
                    traffic: Traffic(packets: 1, bytes: 60),
                    since: end(-1), until: end(0)))
            try commit(spool, closed: end(1))
            try commit(spool, closed: end(2))
            #expect(try windows(folder, until: end(2)).map(\.losses) == [[], [Self.interface], []])
        }
    }

    @Test func `segments that are gone show in the next window, once`() async throws {
        try await withScratchFolder { folder in
            try fill(folder + "/whole", [3, 1, 1])
            try DurableFile.makeFolder(folder + "/rest")
            let bytes = try #require(try DurableFile.read("\(folder)/whole/00000000000000000001.spool"))
            let firstBatch = try #require((1...bytes.count).first { Spool.committedBytes(Array(bytes.prefix($0))) > 0 })
            try DurableFile.replace("\(folder)/rest/00000000000000000004.spool", with: Array(bytes[firstBatch...]))
            let found = try windows(folder + "/rest", from: 2, since: end(-1), until: end(2))
            #expect(found.map(\.end) == [end(1), end(2)])
            #expect(found.map(\.lacksRecords) == [true, false])
            #expect(found.first?.start == end(-1))
        }
    }

    @Test func `a spool of many segments and large batches reads as it was written`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder, limit: 40 << 20)
            for index in 0..<3 {
                for _ in 0..<30_000 { spool.append(record(end(index - 1), plannedEnd: end(index))) }
                try commit(spool, closed: end(index))
            }
            #expect(try DurableFile.list(folder).count == 4)
            #expect(try windows(folder, until: end(2)).map(count) == [30_000, 30_000, 30_000])
            var numbers: [UInt64] = []
            try SpoolReader(folder: folder).forEach {
                if case .record(let record) = $0 { numbers.append(record.sequence) }
            }
            #expect(numbers == Array(1...90_000))
            #expect(try Spool(folder: folder).next == 90_001)
        }
    }

    @Test func `the rest of a window that was closed early is a window`() {
        let minute = Timestamp(seconds: Self.base)
        let early = minute.advanced(by: .seconds(20))
        let rest = CaptureWindow(length: .seconds(60), holding: early.advanced(by: .seconds(5)), closedUntil: early)
        #expect((rest.start, rest.end) == (early, minute.advanced(by: .seconds(60))))
        let next = CaptureWindow(length: .seconds(60), holding: rest.end, closedUntil: rest.end)
        #expect((next.start, next.end) == (rest.end, rest.end.advanced(by: .seconds(60))))
        // A clock that was set back.
        let back = CaptureWindow(length: .seconds(60), holding: minute, closedUntil: next.end)
        #expect(back.start == next.end)
    }
}

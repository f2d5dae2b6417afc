import Capture
import Delivery
import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Agent

/// What a bucket's courier finds in a real spool.
@Suite struct PendingWindowsTests {
    private static let base: Int64 = 1_793_699_940
    private static let interface = Identifier<Interface>(derivedFrom: "interface")

    private func end(_ index: Int) -> Timestamp { Timestamp(seconds: Self.base + 60 * Int64(index + 1)) }

    private func record(_ index: Int) -> FlowRecord {
        let start = end(index - 1)
        let one = Traffic(packets: 1, bytes: 60)
        return FlowRecord(
            windowStart: start, windowEnd: end(index), start: start, end: start, connectionStart: start, connection: 1,
            interface: Self.interface, direction: .egress, verdict: .accept, stage: .group,
            rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4
            ), state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one,
            cumulativeFromTarget: one)
    }

    /// A spool with so many records in each window; nil is one that was never closed.
    private func fill(_ folder: DataFolder, _ counts: [Int?]) throws {
        let spool = try Spool(folder: folder.spool)
        for (index, count) in counts.enumerated() {
            for _ in 0..<(count ?? 1) { spool.append(record(index)) }
            var position = spool.position
            if count != nil { position.closed = end(index).nanoseconds }
            try spool.commit(position)
        }
    }

    private func windows(
        _ folder: DataFolder, after progress: DeliveryState.Progress = .init(), history: [Int64: Int] = [0: 1],
        closedUntil: Int
    ) async throws -> [ClosedWindow] {
        let present = DeliveryService.Present(
            revision: revision(1), catalogue: Catalogue(), interfaces: [Self.interface], history: history,
            closedUntil: end(closedUntil))
        return try await PendingWindows(folder, present, windowLength: .seconds(60)).windows(after: progress)
    }

    private func revision(_ number: Int) -> Revision {
        Revision(
            number: number, madeAt: end(0), actor: "ada", origin: "", policy: .empty, ruleOrigins: [:])
    }

    @Test func `windows without records are pending too`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            try fill(folder, [2, 0, 1])
            let found = try await windows(folder, closedUntil: 2)
            #expect(found.map(\.end) == [end(0), end(1), end(2)])
            #expect(found.map(\.start) == [end(-1), end(0), end(1)])
            #expect(found.map(\.records.count) == [2, 0, 1])
            #expect(found.map(\.hasLoss) == [false, false, false])
        }
    }

    @Test func `a window that its agent did not live to close is pending when a later one is closed`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            try fill(folder, [1, nil, 1])
            #expect(try await windows(folder, closedUntil: 0).map(\.end) == [end(0)])
            #expect(try await windows(folder, closedUntil: 2).map(\.records.count) == [1, 1, 1])
        }
    }

    @Test func `what is delivered is not pending`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            try fill(folder, [2, 0, 1])
            var progress = DeliveryState.Progress()
            (progress.deliveredUntil, progress.deliveredSequence) = (end(0), 2)
            let found = try await windows(folder, after: progress, closedUntil: 2)
            #expect(found.map(\.end) == [end(1), end(2)])
            #expect(found.last?.records.first?.sequence == 3)
        }
    }

    @Test func `segments that are gone show as loss in the next window, once`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            // A commit alone says where the numbers go on.
            try fill(folder, [3, 1, 1])
            let other = DataFolder(path + "/other")
            try DurableFile.makeFolder(other.spool)
            let bytes = try #require(try DurableFile.read("\(folder.spool)/00000000000000000001.spool"))
            let firstBatch = try #require((1...bytes.count).first { Spool.committedBytes(Array(bytes.prefix($0))) > 0 })
            try DurableFile.replace("\(other.spool)/00000000000000000004.spool", with: Array(bytes[firstBatch...]))
            var progress = DeliveryState.Progress()
            (progress.deliveredUntil, progress.deliveredSequence) = (end(-1), 1)
            let found = try await windows(other, after: progress, closedUntil: 2)
            #expect(found.map(\.end) == [end(1), end(2)])
            #expect(found.map(\.hasLoss) == [true, false])
        }
    }

    @Test func `a window has the revision that was in force when it ended`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            try fill(folder, [1, 1, 1])
            try RevisionStore(folder).save(revision(2))
            let history = [0: 1, end(0).nanoseconds + 1: 2, end(1).nanoseconds + 1: 1]
            let found = try await windows(folder, history: history, closedUntil: 2)
            #expect(found.map(\.revision.number) == [1, 2, 1])
        }
    }
}

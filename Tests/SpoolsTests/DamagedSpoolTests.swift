import Host
import Model
import TestSupport
import Testing

@testable import Spools

/// A spool that something has damaged: what can be read is read, and what cannot is told by its numbers.
@Suite struct DamagedSpoolTests {
    private static let one = Traffic(packets: 1, bytes: 60)
    private static let batches = 12
    private static let perBatch = 3

    private func record() -> FlowRecord {
        let start = Timestamp(seconds: 1_793_699_940)
        return FlowRecord(
            windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start, end: start,
            connectionStart: start, connection: 1, interface: Identifier(derivedFrom: "interface"), direction: .egress,
            verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                targetPort: 4), state: .ended, fromInitiator: Self.one, fromTarget: Self.one,
            cumulativeFromInitiator: Self.one, cumulativeFromTarget: Self.one)
    }

    /// Twelve batches of a record, a session that is not collected, and a loss, three to a segment, or all in one.
    private func write(_ folder: String, limit: Int = 12_000) throws -> [String] {
        let spool = try Spool(folder: folder, limit: limit)
        for batch in 1...Self.batches {
            for place in 1..<Self.perBatch {
                if place == 1 { spool.append(record()) } else { spool.append(UncollectedSession(record())) }
            }
            spool.append(record().asLoss(.noRoom, until: Timestamp(seconds: 1))[0])
            var position = spool.position
            position.ended = UInt64(batch)
            try spool.commit(position)
        }
        return try Spool.segments(folder)
    }

    private func read(_ folder: String) throws -> (present: Set<UInt64>, damage: [SpoolDamage]) {
        var present: Set<UInt64> = []
        var damage: [SpoolDamage] = []
        try SpoolReader(folder: folder).forEach { item in
            switch item {
            case .record(let record): present.insert(record.sequence)
            case .loss(let loss): present.insert(loss.sequence)
            case .uncollected(let session): present.insert(session.sequence)
            case .closed: break
            case .damaged(let place): damage.append(place)
            }
        }
        return (present, damage)
    }

    private static let all = Set(1...UInt64(batches * perBatch))

    @Test(arguments: 1...60 as ClosedRange<UInt64>)
    func `each number is read or told as missing, whatever bytes changed`(seed: UInt64) async throws {
        try await withScratchFolder { folder in
            let segments = try write(folder)
            #expect(segments.count > 3)
            var random = SplitMix64(seed: seed)
            // Of the last segment nobody can tell damage from what a crash cut off.
            let name = segments[Int(random.next() % UInt64(segments.count - 1))]
            var bytes = try DurableFile.read("\(folder)/\(name)") ?? []
            switch seed % 3 {
            case 0: bytes[Int(random.next() % UInt64(bytes.count))] ^= UInt8(1 << (random.next() % 8))
            case 1: bytes.removeLast(1 + Int(random.next() % UInt64(bytes.count)))
            default:
                let place = Int(random.next() % UInt64(bytes.count))
                for index in place..<min(place + 700, bytes.count) {
                    bytes[index] = UInt8(truncatingIfNeeded: random.next())
                }
            }
            try DurableFile.replace("\(folder)/\(name)", with: bytes)
            let (present, damage) = try read(folder)
            let missing = damage.flatMap { Array($0.numbers) }
            #expect(!damage.isEmpty && damage.allSatisfy { $0.file == name }, "\(damage)")
            #expect(present.union(missing) == Self.all)
            #expect(present.intersection(missing).isEmpty)
            // The next writer goes on behind the last number, and cuts off nothing.
            let spool = try Spool(folder: folder, limit: 1 << 30)
            #expect(spool.next == UInt64(Self.batches * Self.perBatch) + 1)
            // The commit that it goes on from may be among what is damaged.
            #expect(spool.position.ended == (spool.saidLast - 1) / UInt64(Self.perBatch))
            #expect(try read(folder).present == present)
        }
    }

    @Test func `a segment that is gone from among others is told`() async throws {
        try await withScratchFolder { folder in
            let segments = try write(folder)
            try DurableFile.remove("\(folder)/\(segments[1])")
            let (present, damage) = try read(folder)
            #expect(damage.map(\.file) == [segments[0]])
            #expect(present.union(damage.flatMap { Array($0.numbers) }) == Self.all)
        }
    }

    @Test func `damage before the last commit is not taken for what a crash cut off`() async throws {
        try await withScratchFolder { folder in
            let name = try #require(try write(folder, limit: 1 << 30).last)
            var bytes = try DurableFile.read("\(folder)/\(name)") ?? []
            bytes[20] ^= 1
            try DurableFile.replace("\(folder)/\(name)", with: bytes)
            #expect(try Spool(folder: folder, limit: 1 << 30).next == UInt64(Self.batches * Self.perBatch) + 1)
            let (present, damage) = try read(folder)
            #expect(damage.map(\.file) == [name])
            #expect(present.union(damage.flatMap { Array($0.numbers) }) == Self.all)
            #expect(Spool.committedBytes(bytes) == bytes.count)
        }
    }

    @Test func `a window that lacks damaged records says so`() async throws {
        try await withScratchFolder { folder in
            let spool = try Spool(folder: folder, limit: 1 << 30)
            for window in 0..<3 as Range<Int64> {
                var record = record()
                record.windowStart = Timestamp(seconds: 1_793_699_940 + 60 * window)
                record.windowEnd = record.windowStart.advanced(by: .seconds(60))
                spool.append(record)
                var position = spool.position
                position.closed = record.windowEnd.nanoseconds
                try spool.commit(position)
            }
            let name = try #require(try Spool.segments(folder).last)
            var bytes = try DurableFile.read("\(folder)/\(name)") ?? []
            // The payload of the second window's record.
            bytes[9 + 200 + 9 + 28 + 50] ^= 1
            try DurableFile.replace("\(folder)/\(name)", with: bytes)
            var lacking: [Bool] = []
            try SpoolReader(folder: folder).windows(
                from: 1, since: nil, until: Timestamp(seconds: 1_793_800_000), length: .seconds(60)
            ) {
                lacking.append($0.lacksRecords)
                return true
            }
            #expect(lacking.count == 3 && lacking[1])
        }
    }
}

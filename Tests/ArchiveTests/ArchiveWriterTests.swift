import Foundation
import Host
import Model
import Parquet
import Records
import Synchronization
import TestSupport
import Testing

@testable import Archive

struct ArchiveWriterTests {
    /// A batch of records of some hours, and their identities.
    static func batch(_ numbers: Range<Int>, hours: Int = 3, source: String? = "aws") -> (FlowBatch, [UInt128]) {
        var batch = FlowBatch()
        for number in numbers {
            let start = Int64(number % hours) * 3_600_000_000 + Int64(number) * 1000 + 1_780_000_000_000_000
            batch.set(FlowColumn.start.ordinal, integer: start)
            batch.set(FlowColumn.end.ordinal, integer: start + 5_000_000)
            batch.set(
                FlowColumn.initiatorIP.ordinal, address: UInt128(IPAddress(ipv4: UInt32(0x0a00_0000 + number % 50))))
            batch.set(FlowColumn.interfaceID.ordinal, text: "eni-\(number % 7)")
            batch.set(FlowColumn.bytesFromInitiator.ordinal, integer: Int64(number))
            if number % 2 == 0 { batch.set(FlowColumn.project.ordinal, text: "a/b") }
            if let source { batch.set(FlowColumn.source.ordinal, text: source) }
            batch.endRow()
        }
        return (batch, numbers.map { UInt128($0) * 7919 })
    }

    /// All ids of an archive, as often as they are there.
    static func ids(_ folder: ArchiveFolder) throws -> [String] {
        var ids: [String] = []
        for place in try folder.folders() {
            let (segments, unreadable) = try folder.open(place)
            #expect(unreadable.isEmpty)
            for segment in segments {
                for group in 0..<segment.file.groupCount {
                    let vector = try segment.read(.id, group: group)
                    if case .texts(let codes, let table) = vector.values { ids += codes.map { table.text($0) } }
                }
            }
        }
        return ids.sorted()
    }

    private func close(_ folder: ArchiveFolder, _ numbers: Range<Int>) throws -> (new: Int, known: Int) {
        var writer = try ArchiveWriter(folder, try folder.claim(), notice: nil)
        let (batch, ids) = Self.batch(numbers)
        let counts = try writer.close(batch, ids: ids)
        try writer.settle()
        return counts
    }

    @Test func `records lie in the folder of their project and hour`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path + "/ar")
            #expect(try close(folder, 0..<100) == (100, 0))
            #expect(
                try folder.folders() == [
                    "project=_/vpc=_/date=2026-05-28/hour=20", "project=_/vpc=_/date=2026-05-28/hour=21",
                    "project=_/vpc=_/date=2026-05-28/hour=22", "project=a%2Fb/vpc=_/date=2026-05-28/hour=20",
                    "project=a%2Fb/vpc=_/date=2026-05-28/hour=21", "project=a%2Fb/vpc=_/date=2026-05-28/hour=22",
                ])
            let (segments, _) = try folder.open("project=_/vpc=_/date=2026-05-28/hour=20")
            let segment = try #require(segments.first)
            #expect(segment.note.sources == ["aws"])
            let rows = segment.file.rowCount
            guard case .integers(let starts) = try segment.read(.start, group: 0).values,
                case .integers(let ends) = try segment.read(.end, group: 0).values
            else { return }
            #expect((0..<rows).allSatisfy { ends[$0] == starts[$0] + 5_000_000 })
            #expect(segment.note.start == starts.min())
            #expect(segment.note.end == ends.max())
        }
    }

    @Test func `what is there is not added again`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            #expect(try close(folder, 0..<60) == (60, 0))
            #expect(try close(folder, 30..<90) == (30, 30))
            #expect(try close(folder, 0..<90) == (0, 90))
            let ids = try Self.ids(folder)
            #expect(ids.count == 90)
            #expect(Set(ids).count == 90)
        }
    }

    @Test func `small segments become one`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            for part in 0..<5 { _ = try close(folder, part * 20..<part * 20 + 20) }
            for place in try folder.folders() {
                let (segments, _) = try folder.open(place)
                #expect(segments.count == 1)
                let names = try DurableFile.list("\(path)/\(place)")
                #expect(names.count == 1, "\(names)")
            }
            #expect(Set(try Self.ids(folder)).count == 100)
        }
    }

    @Test func `what is kept long enough goes, by project, after notice`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path + "/ar")
            _ = try close(folder, 0..<60)
            let now = SystemClock.realtime / 3_600_000_000_000
            let hours = try folder.folders().compactMap { Partition(path: $0)?.hour }
            #expect(Set(hours).count == 3)
            let newest = try #require(hours.max())
            // The newest hour of one project stays, and all of the other.
            var retention = Retention()
            retention.hours = now - newest
            retention.ofProjects["a/b"] = now
            var writer = try ArchiveWriter(folder, try folder.claim(), notice: 0)
            #expect(try writer.expire(retention) == 0)
            try writer.settle()
            #expect(try Self.ids(folder).count == 60)
            #expect(try writer.expire(retention) == 20)
            try writer.settle()
            #expect(try Self.ids(folder).count == 40)
            #expect(try writer.expire(Retention()) == 0)
        }
    }

    @Test func `a second writer is told who has the archive`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            let claim = try folder.claim()
            #expect(throws: FolderClaim.Taken(pid: Machine.processID)) { try folder.claim() }
            withExtendedLifetime(claim) {}
        }
    }

    /// The folder as a crash leaves it after each step of a replacement.
    @Test(arguments: 0..<6) func `a replacement that a crash cut off is seen once and completed`(step: Int) async throws
    {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            var writer = try ArchiveWriter(folder, try folder.claim())
            for part in 0..<3 {
                let (batch, ids) = Self.batch(part * 10..<part * 10 + 10, hours: 1)
                _ = try writer.close(batch, ids: ids)
            }
            let place = "project=_/vpc=_/date=2026-05-28/hour=20"
            let inside = "\(path)/\(place)"
            let before = try Self.ids(folder)
            let old = try DurableFile.list(inside)
            // What compaction writes, made in a folder of its own.
            let copy = ArchiveFolder(path + "-copy")
            defer { try? FileManager.default.removeItem(atPath: copy.path) }
            try FileManager.default.copyItem(atPath: path, toPath: copy.path)
            try FileManager.default.removeItem(atPath: copy.path + "/.gatehouse.lock")
            var other = try ArchiveWriter(copy, try copy.claim(), notice: nil)
            let (again, ids) = Self.batch(0..<1, hours: 1)
            _ = try other.close(again, ids: ids)
            other.touch(place)
            try other.settle()
            let made = try #require(try DurableFile.list("\(copy.path)/\(place)").first)
            let replacement = Replacement(name: made, old: old)
            let hidden = "\(inside)/\(Replacement.hidden(made))"
            try FileManager.default.copyItem(atPath: "\(copy.path)/\(place)/\(made)", toPath: hidden)
            if step >= 1 { try replacement.announce(in: inside) }
            for name in old.prefix(max(0, step - 1)) { try DurableFile.remove("\(inside)/\(name)") }
            if step == 5 { try DurableFile.rename(hidden, to: "\(inside)/\(made)") }
            #expect(try Self.ids(folder) == before, "while it is cut off")
            try Recovery.run(folder, "")
            #expect(try Self.ids(folder) == before, "after it is completed")
            #expect(try DurableFile.list(inside) == (step == 0 ? old : [made]))
        }
    }

    @Test func `what was never announced is removed`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            _ = try close(folder, 0..<10)
            let place = try #require(try folder.folders().first)
            try write([1, 2, 3], to: "\(path)/\(place)/.x.parquet.new")
            #expect(Set(try Self.ids(folder)).count == 10)
            _ = try ArchiveWriter(folder, try folder.claim())
            #expect(!DurableFile.exists("\(path)/\(place)/.x.parquet.new"))
        }
    }

    @Test func `a broken file is named and keeps none of the others from being read`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            _ = try close(folder, 0..<10)
            let place = try #require(try folder.folders().first)
            try write(Array("no such thing, but long enough".utf8), to: "\(path)/\(place)/broken.parquet")
            let (segments, unreadable) = try folder.open(place)
            #expect(segments.count == 1)
            #expect(unreadable.map(\.file) == ["\(place)/broken.parquet"])
            #expect(unreadable.first?.error.contains("PAR1") == true)
        }
    }

    @Test func `readers see each record once while segments are replaced`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path)
            var writer = try ArchiveWriter(folder, try folder.claim(), notice: nil)
            let (batch, ids) = Self.batch(0..<40, hours: 1)
            _ = try writer.close(batch, ids: ids)
            let whole = try Self.ids(folder)
            // Ever more records come in, and are put together each time, while another thread reads on.
            let counts = Mutex<[Int]>([])
            let isOver = Mutex(false)
            let ended = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                while !isOver.withLock({ $0 }) {
                    let seen = (try? Self.ids(folder)) ?? []
                    let isRight = Set(seen).count == seen.count && Set(seen).isSuperset(of: whole)
                    counts.withLock { $0.append(isRight ? seen.count : -1) }
                }
                ended.signal()
            }
            var part = 0
            while part < 20 || (counts.withLock { $0.count } < 5 && part < 500) {
                part += 1
                let (batch, ids) = Self.batch(part * 40..<part * 40 + 40, hours: 1)
                _ = try writer.close(batch, ids: ids)
                try writer.settle()
            }
            isOver.withLock { $0 = true }
            #expect(ended.wait(timeout: .now() + 60) == .success)
            let seen = counts.withLock { $0 }
            #expect(!seen.contains(-1), "a record was missing, or there twice")
            #expect(seen == seen.sorted())
            #expect(seen.count > 3)
        }
    }
}

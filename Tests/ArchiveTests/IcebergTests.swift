import Foundation
import Host
import Records
import TestSupport
import Testing

@testable import Archive

struct IcebergTests {
    /// Reads Avro as its specification says it, and knows nothing of how it is written.
    private struct Avro {
        var bytes: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

        mutating func long() -> Int64 {
            var (value, shift): (UInt64, UInt64) = (0, 0)
            while let byte = bytes.popFirst() {
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return Int64(bitPattern: value >> 1) ^ -Int64(value & 1)
        }

        mutating func text() -> String {
            let count = Int(long())
            defer { bytes = bytes.dropFirst(count) }
            return String(decoding: bytes.prefix(count), as: UTF8.self)
        }

        mutating func optional<Value>(_ read: (inout Avro) -> Value) -> Value? { long() == 0 ? nil : read(&self) }

        mutating func array(_ read: (inout Avro) -> Void) {
            while true {
                let count = long()
                guard count > 0 else { return }
                for _ in 0..<count { read(&self) }
            }
        }

        /// The records of a file, each read by `read`.
        static func records<Value>(_ file: [UInt8], _ read: (inout Avro) -> Value) -> [Value] {
            var avro = Avro(file)
            #expect(avro.bytes.prefix(4).elementsEqual(Array("Obj".utf8) + [1]))
            avro.bytes = avro.bytes.dropFirst(4)
            var metadata: [String: String] = [:]
            avro.array {
                let key = $0.text()
                metadata[key] = $0.text()
            }
            #expect(metadata["format-version"] == "2")
            for (key, text) in metadata where key == "avro.schema" || key == "schema" {
                #expect((try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil, "\(key)")
            }
            avro.bytes = avro.bytes.dropFirst(16)
            var values: [Value] = []
            while !avro.bytes.isEmpty {
                let count = avro.long()
                _ = avro.long()
                for _ in 0..<count { values.append(read(&avro)) }
                avro.bytes = avro.bytes.dropFirst(16)
            }
            return values
        }
    }

    private struct Entry: Hashable {
        let path: String
        let rows: Int64
        let start: Int64
        let end: Int64
    }

    /// The data files of a project's present snapshot, by what its metadata says.
    private static func entries(_ project: String) throws -> [Entry] {
        func file(_ url: String) throws -> [UInt8] {
            try #require(url.hasPrefix("file:///"))
            return try #require(try DurableFile.read(String(url.dropFirst("file://".count))))
        }
        let hint = try #require(try DurableFile.read("\(project)/metadata/version-hint.text"))
        let version = String(decoding: hint, as: UTF8.self)
        let text = try #require(try DurableFile.read("\(project)/metadata/v\(version).metadata.json"))
        let metadata = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
        #expect(metadata["format-version"] as? Int == 2)
        let snapshot = try #require((metadata["snapshots"] as? [[String: Any]])?.first)
        #expect(snapshot["snapshot-id"] as? Int64 == metadata["current-snapshot-id"] as? Int64)
        let manifests = Avro.records(try file(try #require(snapshot["manifest-list"] as? String))) { avro in
            let path = avro.text()
            for _ in 0..<12 { _ = avro.long() }
            return path
        }
        return try manifests.flatMap { path in
            Avro.records(try file(path)) { avro in
                #expect(avro.long() == 1)
                for _ in 0..<3 { #expect(avro.optional { $0.long() } != nil) }
                _ = avro.long()
                let path = avro.text()
                #expect(avro.text() == "PARQUET")
                let rows = avro.long()
                _ = avro.long()
                var bounds: [Int64] = []
                for _ in 0..<2 {
                    _ = avro.optional {
                        $0.array {
                            #expect($0.long() == Int64(IcebergSchema.id(.start)))
                            #expect($0.long() == 8)
                            bounds.append($0.bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int64($1) })
                            $0.bytes = $0.bytes.dropFirst(8)
                        }
                    }
                }
                return Entry(path: path, rows: rows, start: bounds[0], end: bounds[1])
            }
        }
    }

    private func close(_ folder: ArchiveFolder, _ numbers: Range<Int>, hours: Int = 3) throws {
        var writer = try ArchiveWriter(folder, try folder.claim())
        let (batch, ids) = ArchiveWriterTests.batch(numbers, hours: hours)
        _ = try writer.close(batch, ids: ids)
        try writer.settle()
    }

    @Test func `each project's table names each record once, and files that are there`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path + "/ar")
            for round in 1...4 {
                try close(folder, (round - 1) * 60..<round * 60)
                for project in ["project=a%2Fb", "project=_"] {
                    let entries = try Self.entries("\(folder.path)/\(project)")
                    #expect(entries.reduce(0) { $0 + $1.rows } == Int64(round * 30))
                    for entry in entries {
                        #expect(DurableFile.exists(String(entry.path.dropFirst("file://".count))))
                        #expect(entry.start < entry.end)
                    }
                }
            }
            #expect(try ArchiveWriterTests.ids(folder).count == 240)
        }
    }

    @Test func `an archive that was moved, or had no table, gets one of all that is there`() async throws {
        try await withScratchFolder { path in
            try close(ArchiveFolder(path + "/ar"), 0..<60)
            try DurableFile.rename(path + "/ar", to: path + "/moved")
            let moved = ArchiveFolder(path + "/moved")
            // One hour of three is touched.
            try close(moved, 60..<64, hours: 1)
            let entries = try Self.entries("\(moved.path)/project=_")
            #expect(entries.reduce(0) { $0 + $1.rows } == 32)
            #expect(entries.allSatisfy { $0.path.contains("/moved/") })
            try FileManager.default.removeItem(atPath: "\(moved.path)/project=_/metadata")
            try close(moved, 64..<66)
            #expect(try Self.entries("\(moved.path)/project=_").reduce(0) { $0 + $1.rows } == 33)
        }
    }

    /// What is put together keeps the names that a snapshot knows, and takes none away without notice.
    @Test func `files of the snapshot before stay readable when segments are put together`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path + "/ar")
            let project = "\(folder.path)/project=_"
            try close(folder, 0..<60)
            let first = try Self.entries(project)
            try close(folder, 60..<120)
            // The first commit's segments have had no notice: they are still there, under both names.
            for entry in first { #expect(DurableFile.exists(String(entry.path.dropFirst("file://".count)))) }
            let second = try Self.entries(project)
            #expect(second.contains { SecondName.isOne($0.path) })
            // Notice is a matter of seconds; here they are made to have passed.
            for place in try folder.folders() {
                let names = SecondName.all(try DurableFile.list("\(folder.path)/\(place)"))
                for name in names.values {
                    let earlier = SecondName(name: name.name, since: name.since - 60)
                    try DurableFile.rename(
                        "\(folder.path)/\(place)/\(name.text)", to: "\(folder.path)/\(place)/\(earlier.text)")
                }
            }
            try close(folder, 120..<180)
            let segments = try folder.folders().flatMap { try folder.open($0).segments }
            #expect(segments.count < 18)
            let third = try Self.entries(project)
            #expect(third.reduce(0) { $0 + $1.rows } == 90)
            #expect(try ArchiveWriterTests.ids(folder).count == 180)
        }
    }
}

private let readers = ProcessInfo.processInfo.environment["GATEHOUSE_READERS"]

/// Engines that open the table: `make reader-check`.
@Suite(.enabled(if: readers != nil, "left out: make reader-check names a Python with the engines"))
struct IcebergReaderTests {
    private static let script = """
        import sys, chdb
        from pyiceberg.table import StaticTable
        rows = StaticTable.from_metadata(sys.argv[1] + sys.argv[2]).scan().to_arrow()
        print(rows.num_rows, sum(rows["bytes_from_initiator"].to_pylist()))
        part = StaticTable.from_metadata(sys.argv[1] + sys.argv[2]).scan(row_filter="start >= '2026-05-28T21:00:00+00:00'")
        print(part.to_arrow().num_rows)
        import os
        os.chdir("/")
        print(chdb.query("select count(), sum(bytes_from_initiator) from icebergLocal('" + sys.argv[1][1:] + sys.argv[2] + "')"))
        """

    @Test func `pyiceberg and ClickHouse read what the table names`() async throws {
        let python = Program(at: try #require(readers))
        try await withScratchFolder { path in
            let folder = ArchiveFolder(path + "/ar")
            for round in 0..<3 {
                var writer = try ArchiveWriter(folder, try folder.claim())
                let (batch, ids) = ArchiveWriterTests.batch(round * 100..<round * 100 + 100)
                _ = try writer.close(batch, ids: ids)
                try writer.settle()
            }
            try write(Array(Self.script.utf8), to: "\(path)/ask.py")
            let result = try python.run(["\(path)/ask.py", folder.path, "/project=_"])
            let sum = stride(from: 1, to: 300, by: 2).reduce(0, +)
            #expect(result.output.split(separator: "\n").map(String.init) == ["150 \(sum)", "100", "150,\(sum)"])
        }
    }
}

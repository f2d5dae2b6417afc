package import Host
import Parquet
import Records

/// Closes segments in an archive that this process has claimed.
package struct ArchiveWriter {
    private let folder: ArchiveFolder
    private let claim: FolderClaim
    private let level: Int
    private let notice: Int64?
    private var known = KnownRecords()
    /// Folders that got segments, for compaction.
    private var touched: Set<String> = []
    /// Segments that no snapshot of a table knows yet, by their places.
    private var created: Set<String> = []
    private var counter: UInt64 = 0

    /// Begins to write, and completes what a crash left half done.
    ///
    /// - Parameters:
    ///   - folder: The archive.
    ///   - claim: The right to write to it.
    ///   - level: Of zstd.
    ///   - notice: How many seconds a snapshot must have known a segment by its second name before its own is taken away:
    ///     whoever has planned by the snapshot before has opened his files by then. nil where nobody reads by snapshots.
    /// - Throws: Where what a crash left cannot be completed.
    package init(_ folder: ArchiveFolder, _ claim: FolderClaim, level: Int = 3, notice: Int64? = 10) throws {
        self.notice = notice
        self.folder = folder
        self.claim = claim
        self.level = level
        try recover()
    }

    private func recover() throws {
        try Recovery.run(folder, "")
    }

    /// Closes the batch's records as segments, apart from those that are there already.
    ///
    /// - Parameters:
    ///   - batch: The records; their ids stand in `ids`.
    ///   - ids: The identity of each row.
    /// - Returns: How many records are new, and how many were there.
    /// - Throws: Where a segment cannot be written; those before it stay.
    package mutating func close(_ batch: FlowBatch, ids: [UInt128]) throws -> (new: Int, known: Int) {
        var vectors = batch.vectors
        vectors[.id] = RecordIdentity.vector(ids)
        var result = (new: 0, known: 0)
        for (partition, rows) in Partition.rows(vectors) {
            let fresh = try known.fresh(rows, ids, partition, folder)
            result.known += rows.count - fresh.count
            result.new += fresh.count
            guard !fresh.isEmpty else { continue }
            try write(vectors, rows: fresh, to: partition.path)
            touched.insert(partition.path)
            known.add(fresh, ids, partition)
        }
        return result
    }

    /// Closes records of a host's spool.
    ///
    /// - Parameters:
    ///   - batch: The records; their numbers in the spool stand in `sequences`.
    ///   - host: The host's name.
    ///   - sequences: The number of each row.
    ///   - inDoubt: Numbers whose records may be there already.
    /// - Returns: How many records are new.
    /// - Throws: Where a segment cannot be read or written; those before it stay.
    package mutating func close(
        _ batch: FlowBatch, host: String, sequences: [UInt64], inDoubt: Range<UInt64>?
    ) throws -> Int {
        var vectors = batch.vectors
        vectors[.id] = RecordIdentity.vector(host: host, sequences)
        var count = 0
        for (partition, rows) in Partition.rows(vectors) {
            var fresh = rows
            if let inDoubt {
                let there = try KnownRecords.sequences(of: host, in: partition, folder)
                fresh = rows.filter {
                    !inDoubt.contains(sequences[Int($0)]) || !there.contains(sequences[Int($0)])
                }
            }
            let numbers = fresh.map { sequences[Int($0)] }
            guard let lowest = numbers.min(), let highest = numbers.max() else { continue }
            try write(vectors, rows: fresh, to: partition.path, numbers: [host: lowest...highest])
            touched.insert(partition.path)
            count += fresh.count
        }
        return count
    }

    private mutating func write(
        _ vectors: [FlowColumn: ColumnVector], rows: [UInt32], to place: String,
        numbers: [String: ClosedRange<UInt64>] = [:]
    ) throws {
        let name = nextName()
        let path = "\(folder.path)/\(place)"
        try DurableFile.makeFolder(path)
        let (bytes, _) = try SegmentFile.bytes(vectors, rows: rows, level: level, numbers: numbers)
        let hidden = "\(path)/\(Replacement.hidden(name))"
        try Self.write(bytes, to: hidden)
        try DurableFile.rename(hidden, to: "\(path)/\(name)")
        created.insert("\(place)/\(name)")
        try DurableFile.synchronizeFolder(of: "\(path)/\(name)")
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try DurableFile.create(path)
        try file.writeAll(bytes)
        try file.synchronize()
    }

    /// A name that no segment had before: the instant, a counter, and chance where a clock was set back.
    private mutating func nextName() -> String {
        counter += 1
        let instant = String(UInt64(bitPattern: SystemClock.realtime), radix: 36)
        let chance = String(UInt32.random(in: 0...UInt32.max), radix: 36)
        return "\(instant)-\(counter)-\(chance)\(SegmentFile.suffix)"
    }

    /// Counts a folder among those that compaction looks at.
    mutating func touch(_ place: String) { touched.insert(place) }

    /// Puts small segments of the folders that were written to into one each, and makes a snapshot of each project's table.
    package mutating func settle() throws {
        let now = SystemClock.realtime / 1_000_000_000
        for place in touched.sorted() { try compact(place, now) }
        let projects = Dictionary(grouping: touched) { String($0.prefix { $0 != "/" }) }
        for (project, places) in projects.sorted(by: { $0.key < $1.key }) {
            try IcebergTable(folder, project: project).commit(Set(places), now: now)
        }
        touched = []
        created = []
    }

    /// Takes away the segments whose records are kept no longer.
    ///
    /// What a table's snapshot names is taken away by a later call, once it has had notice; to be settled afterwards.
    ///
    /// - Returns: How many records went.
    package mutating func expire(_ retention: Retention) throws -> Int {
        guard retention.isUsed else { return 0 }
        let now = SystemClock.realtime / 1_000_000_000
        var count = 0
        for place in try folder.folders() {
            guard let partition = Partition(path: place),
                retention.isOver(partition.project, partition.hour, at: now / 3600)
            else { continue }
            touched.insert(place)
            let path = "\(folder.path)/\(place)"
            let names = SecondName.all(try DurableFile.list(path))
            for segment in try folder.open(place).segments {
                guard try isFree(segment, names, in: path, now) else { continue }
                try DurableFile.remove("\(path)/\(segment.name)")
                count += segment.file.rowCount
            }
            try DurableFile.synchronizeFolder(of: "\(path)/.")
        }
        return count
    }

    /// Segments of fewer rows are put together.
    private static let smallRows = SegmentFile.rowsOfGroup
    /// Rows that are held in memory for it, at most.
    private static let mostRows = 4 * SegmentFile.rowsOfGroup
    /// The small segments whose names may be taken away. The others are given notice, where that would be of use.
    private func replaceable(_ segments: [OpenSegment], in place: String, _ now: Int64) throws -> [OpenSegment] {
        let names = SecondName.all(try DurableFile.list("\(folder.path)/\(place)"))
        let small = segments.filter { $0.file.rowCount < Self.smallRows }
        guard small.count > 1 else { return small }
        return try small.filter { try isFree($0, names, in: "\(folder.path)/\(place)", now) }
    }

    /// Whether a segment's own name may be taken away: no snapshot knows it, or one has known it by its second name for long
    /// enough. Else it gets that name.
    private func isFree(
        _ segment: OpenSegment, _ names: [String: SecondName], in path: String, _ now: Int64
    ) throws -> Bool {
        guard let notice, !created.contains(segment.path) else { return true }
        if let second = names[segment.name] { return second.since <= now - notice }
        try SecondName(name: segment.name, since: now).give(in: path)
        return false
    }

    private mutating func compact(_ place: String, _ now: Int64) throws {
        let (segments, _) = try folder.open(place)
        var chosen: [OpenSegment] = []
        var rows = 0
        for segment in try replaceable(segments, in: place, now) {
            guard rows + segment.file.rowCount <= Self.mostRows else { break }
            rows += segment.file.rowCount
            chosen.append(segment)
        }
        guard chosen.count > 1 else { return }
        var vectors: [FlowColumn: ColumnVector] = [:]
        for column in FlowColumn.allCases {
            var parts: [ColumnVector] = []
            for segment in chosen {
                for group in 0..<segment.file.groupCount { parts.append(try segment.read(column, group: group)) }
            }
            vectors[column] = .joined(parts, type: ArchiveColumn.all[column.ordinal].type)
        }
        let name = nextName()
        let path = "\(folder.path)/\(place)"
        let (bytes, _) = try SegmentFile.bytes(
            vectors, rows: Array(0..<UInt32(rows)), level: level, numbers: Self.numbers(chosen.map(\.note)))
        try Self.write(bytes, to: "\(path)/\(Replacement.hidden(name))")
        let replacement = Replacement(name: name, old: chosen.map(\.name))
        try replacement.announce(in: path)
        try replacement.complete(in: path)
        created.insert("\(place)/\(name)")
    }

    /// The numbers of several segments' records; a host's are known where those of each segment are.
    private static func numbers(_ notes: [SegmentNote]) -> [String: ClosedRange<UInt64>] {
        var ranges: [String: ClosedRange<UInt64>] = [:]
        for host in Set(notes.flatMap(\.hosts)) {
            let ofHost = notes.filter { $0.hosts.contains(host) }
            let known = ofHost.compactMap { $0.numbers[host] }
            guard known.count == ofHost.count, let lowest = known.map(\.lowerBound).min(),
                let highest = known.map(\.upperBound).max()
            else { continue }
            ranges[host] = lowest...highest
        }
        return ranges
    }
}

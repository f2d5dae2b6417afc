import Parquet
import Records

/// Which identities a folder of the archive has already.
struct KnownRecords {
    private var ids: [Partition: Set<UInt128>] = [:]
    private var count = 0
    /// Identities that are kept in memory before all are forgotten and read anew.
    private static let most = 8 << 20

    /// The rows that are not there yet, each identity once.
    mutating func fresh(
        _ rows: [UInt32], _ all: [UInt128], _ partition: Partition, _ folder: ArchiveFolder
    ) throws -> [UInt32] {
        try load(partition, folder)
        var seen: Set<UInt128> = []
        let known = ids[partition] ?? []
        return rows.filter { !known.contains(all[Int($0)]) && seen.insert(all[Int($0)]).inserted }
    }

    mutating func add(_ rows: [UInt32], _ all: [UInt128], _ partition: Partition) {
        for row in rows { ids[partition, default: []].insert(all[Int(row)]) }
        count += rows.count
    }

    /// The numbers of a host's records that a folder has.
    static func sequences(of host: String, in partition: Partition, _ folder: ArchiveFolder) throws -> Set<UInt64> {
        let (segments, unreadable) = try folder.open(partition.path)
        if let file = unreadable.first {
            throw ArchiveError("\(folder.path)/\(file.file): \(file.error); which records it has cannot be told")
        }
        var found: Set<UInt64> = []
        let name = Array(host.utf8)
        for segment in segments where segment.note.hosts.contains(host) {
            for group in 0..<segment.file.groupCount {
                let vector = try segment.read(.id, group: group)
                guard case .texts(let codes, let table) = vector.values else { continue }
                for row in codes.indices where vector.isPresent(row) {
                    if let sequence = RecordIdentity.sequence(table[codes[row]], host: name) { found.insert(sequence) }
                }
            }
        }
        return found
    }

    private mutating func load(_ partition: Partition, _ folder: ArchiveFolder) throws {
        guard ids[partition] == nil else { return }
        if count > Self.most {
            ids = [:]
            count = 0
        }
        var found: Set<UInt128> = []
        let (segments, unreadable) = try folder.open(partition.path)
        if let file = unreadable.first {
            throw ArchiveError("\(folder.path)/\(file.file): \(file.error); which records it has cannot be told")
        }
        for segment in segments where !segment.note.sources.isEmpty {
            for group in 0..<segment.file.groupCount {
                let vector = try segment.read(.id, group: group)
                guard case .texts(let codes, let table) = vector.values else { continue }
                for row in codes.indices where vector.isPresent(row) {
                    if let id = RecordIdentity.parse(table[codes[row]]) { found.insert(id) }
                }
            }
        }
        count += found.count
        ids[partition] = found
    }
}

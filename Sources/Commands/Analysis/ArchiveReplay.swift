import Analysis
import Archive
import Host
import Model
import Parquet
import Records

/// Goes through the flow records of an archive and asks of each what a policy would decide.
struct ArchiveReplay {
    /// A record of which something else would be decided.
    struct Change {
        let id: String?
        let interface: String?
        let direction: Direction?
        let key: FlowKey
        let recorded: Verdict
        let now: Verdict
        let rule: RuleReference?
        let packets: UInt64
        let bytes: UInt64
        let start: Timestamp
        let end: Timestamp
    }

    /// How many records were asked about, and of how many nothing can be said.
    struct Counts {
        var records = 0
        var changed = 0
        /// Decided by the guard, which no policy changes.
        var ofGuard = 0
        /// An address, port or verdict is not in the record.
        var unknown = 0
        /// No interface of the policy is at the record's end.
        var ofNobody = 0
    }

    let folder: ArchiveFolder
    let replay: Replay
    /// Microseconds since 1970; records that end before are passed over.
    let since: Int64?
    private(set) var counts = Counts()
    private(set) var unreadable: [UnreadableFile] = []

    init(_ folder: ArchiveFolder, _ replay: Replay, since: Timestamp?) {
        self.folder = folder
        self.replay = replay
        self.since = since.map { $0.nanoseconds / 1000 }
    }

    /// Hands over each record of which something else would be decided, in the order of the archive.
    mutating func run(_ take: (Change) -> Void) throws {
        for place in try folder.folders() {
            let (segments, bad) = try folder.open(place)
            unreadable += bad
            for segment in segments {
                if let since, segment.note.end < since { continue }
                do throws(ParquetError) {
                    for group in 0..<segment.file.groupCount { try run(segment, group, take) }
                } catch {
                    unreadable.append(
                        UnreadableFile(
                            file: segment.path, error: (error.place + [error.reason]).joined(separator: ": ")))
                }
            }
        }
    }

    private mutating func run(_ segment: OpenSegment, _ group: Int, _ take: (Change) -> Void) throws(ParquetError) {
        let rows = try ReplayedRows(segment, group)
        for row in 0..<rows.count {
            if let since, rows.end(row) < since { continue }
            counts.records += 1
            guard rows.stage(row) != .guard else {
                counts.ofGuard += 1
                continue
            }
            guard let key = rows.key(row), let recorded = rows.verdict(row) else {
                counts.unknown += 1
                continue
            }
            let direction = rows.direction(row)
            switch replay.outcome(key, direction, recorded: recorded) {
            case .same: break
            case .nobody: counts.ofNobody += 1
            case .changed(let now):
                counts.changed += 1
                let details = try rows.details(row)
                take(
                    Change(
                        id: details.id, interface: details.interface, direction: direction, key: key,
                        recorded: recorded, now: now, rule: replay.rule(key, direction), packets: details.packets,
                        bytes: details.bytes, start: Self.time(rows.start(row)), end: Self.time(rows.end(row))))
            }
        }
    }

    private static func time(_ microseconds: Int64) -> Timestamp { Timestamp(nanoseconds: microseconds &* 1000) }
}

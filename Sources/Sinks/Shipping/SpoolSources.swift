import Host
import Model
import Records
import Spools

/// The spool as a sink reads it: flow records, or losses as findings.
struct SpoolSource {
    private static let recordsAtOnce = 1 << 15

    private let reader: SpoolReader
    private let folder: String
    private let isFindings: Bool
    private var next: UInt64
    /// What was read and not handed over yet.
    private var waiting: [RecordBatch] = []
    /// The last segment, as it was when nothing more was found.
    private var seen: (segment: String, bytes: Int)?

    init(folder: String, findings: Bool, from next: UInt64) {
        (self.folder, isFindings, self.next) = (folder, findings, next)
        reader = SpoolReader(folder: folder)
    }

    /// Where a sink begins that is new.
    static func end(of folder: String) throws(SystemError) -> UInt64 { try SpoolReader(folder: folder).nextSequence() }

    /// The next records as lines, and how many were gone before they were read; nil where nothing is new.
    mutating func next(_ names: SinkNames) throws(SystemError) -> (batch: RecordBatch?, gone: UInt64)? {
        if !waiting.isEmpty { return (waiting.removeFirst(), 0) }
        // A segment is read whole, so an unchanged one is left alone.
        guard let last = try DurableFile.list(folder).last(where: { $0.hasSuffix(".spool") }) else { return nil }
        let now = (last, try DurableFile.size("\(folder)/\(last)"))
        if let seen, seen == now { return nil }
        let gone = isFindings ? try readFindings(names) : try readFlows(names)
        if waiting.isEmpty {
            seen = now
            return gone > 0 ? (nil, gone) : nil
        }
        return (waiting.removeFirst(), gone)
    }

    private mutating func readFlows(_ names: SinkNames) throws(SystemError) -> UInt64 {
        let json = FlowJSON(host: names.host, catalogue: names.catalogue)
        var builder = BatchBuilder(.flows)
        var (count, gone, following) = (0, UInt64(0), next)
        try reader.read(from: next) { item in
            switch item {
            case .record(let record):
                if record.sequence > following { gone += record.sequence - following }
                json.append(record, to: &builder.line)
                following = record.sequence + 1
                builder.close(.flows(following))
                count += 1
            case .loss(let loss): following = max(following, loss.sequence + 1)
            case .uncollected(let session): following = max(following, session.sequence + 1)
            case .damaged(let damage):
                if damage.numbers.upperBound > following {
                    gone += damage.numbers.upperBound - max(following, damage.numbers.lowerBound)
                    following = damage.numbers.upperBound
                }
            case .closed: break
            }
            return count < Self.recordsAtOnce
        }
        waiting = builder.batches
        next = following
        return gone
    }

    private mutating func readFindings(_ names: SinkNames) throws(SystemError) -> UInt64 {
        var builder = BatchBuilder(.findings)
        var (count, following) = (0, next)
        try reader.forEachPart(from: next) { part in
            switch part {
            case .loss(let loss):
                // What a VPC has not collected is no finding.
                guard loss.sequence >= following, loss.reason.isMissing, loss.reason != .notCollected else {
                    return true
                }
                names.append(loss, to: &builder.line)
                following = loss.sequence + 1
                builder.close(.findings(following))
                count += 1
            case .records(let block):
                if block.count > 0 { following = max(following, block.sequence(block.count - 1) + 1) }
            case .uncollected(let session): following = max(following, session.sequence + 1)
            case .damaged, .closed: break
            }
            return count < Self.recordsAtOnce
        }
        waiting = builder.batches
        next = following
        return 0
    }
}

/// Lines that become batches of a bounded size.
struct BatchBuilder {
    private let source: SinkSource
    var line = ByteLine(capacity: 1 << 20)
    private var lines: [Range<Int>] = []
    private var place: SinkPlace?
    private var done: [RecordBatch] = []

    init(_ source: SinkSource) { self.source = source }

    /// The line that was written last is whole; what is read next is at `place`.
    mutating func close(_ place: SinkPlace) {
        lines.append((lines.last.map { $0.upperBound + 1 } ?? 0)..<(line.count - 1))
        self.place = place
        if line.count >= LineChunk.bytesAtOnce || lines.count >= LineChunk.linesAtOnce { cut() }
    }

    private mutating func cut() {
        guard let place, !lines.isEmpty else { return }
        done.append(RecordBatch(source: source, bytes: line.bytes, lines: lines, next: place))
        line.removeAll()
        lines = []
    }

    var batches: [RecordBatch] {
        mutating get {
            cut()
            return done
        }
    }
}

package import Host
package import Model
package import Records
import Spools

/// Brings the records of one host's spool into an archive, each once, also across a crash at any instant.
///
/// Before segments of a batch are closed its numbers are noted as in doubt, and afterwards as done. What is in doubt when a
/// pass begins is compared with what is there.
package struct SpoolFeed {
    /// Records that are held before they are closed.
    private static let rowsOfBatch: UInt64 = 1 << 18

    private let folder: ArchiveFolder
    private let host: String
    private let catalogue: Catalogue
    private var writer: ArchiveWriter
    private var progress: HostProgress
    private var statements: [Statement] = []

    package init(_ folder: ArchiveFolder, _ claim: FolderClaim, host: String, catalogue: Catalogue) throws {
        (self.folder, self.host, self.catalogue) = (folder, host, catalogue)
        writer = try ArchiveWriter(folder, claim)
        progress = try HostProgress.read(folder, host: host)
    }

    /// Closes everything that the spool has committed.
    ///
    /// - Parameter spool: The spool's folder.
    /// - Returns: How many records are new in the archive.
    /// - Throws: Where spool or archive cannot be read or written; what was closed stays.
    package mutating func pass(_ spool: String) throws -> Int {
        var count = 0
        while true {
            let batch = try gather(spool)
            guard batch.last >= progress.next || !statements.isEmpty else { break }
            count += try close(batch)
            if !batch.isFull { break }
        }
        try writer.compact()
        return count
    }

    /// Records that lie behind each other in the spool.
    private struct Gathered {
        var flows = FlowBatch()
        var sequences: [UInt64] = []
        /// The last number that was read, of a loss also; 0 where there was none.
        var last: UInt64 = 0
        var closed: Int64 = 0
        var isFull = false
    }

    private mutating func gather(_ spool: String) throws -> Gathered {
        var batch = Gathered()
        let peers = PeerIndex(catalogue)
        let first = progress.next
        var expected = first
        var found: [Statement] = []
        try SpoolReader(folder: spool).forEach(from: first) { item in
            guard !batch.isFull else { return }
            switch item {
            case .record(let record):
                if record.sequence > expected, expected == first {
                    found.append(gone(expected..<record.sequence, at: record.windowStart))
                }
                batch.flows.add(FlowRow(record, host: host, catalogue: catalogue, peers: peers))
                batch.sequences.append(record.sequence)
                batch.last = record.sequence
                expected = record.sequence + 1
                batch.isFull = batch.sequences.count >= Self.rowsOfBatch
            case .loss(let loss):
                if loss.reason.isMissing { found.append(statement(loss)) }
                batch.last = loss.sequence
                expected = loss.sequence + 1
            case .damaged(let damage):
                found.append(gone(damage.numbers, at: Timestamp(nanoseconds: batch.closed * 1000)))
                if damage.numbers.upperBound > expected {
                    expected = damage.numbers.upperBound
                    batch.last = max(batch.last, expected - 1)
                }
            case .closed(let instant): batch.closed = max(batch.closed, instant / 1000)
            }
        }
        let known = Set(try StatementLog(folder).read().statements.map(\.id))
        statements = found.filter { !known.contains($0.id) }
        return batch
    }

    private mutating func close(_ batch: Gathered) throws -> Int {
        let numbers = progress.next..<max(progress.next, batch.last + 1)
        let doubt = progress.inDoubt
        // What was in doubt before stays so until it is told apart.
        progress.inDoubt =
            min(doubt?.lowerBound ?? .max, numbers.lowerBound)..<max(doubt?.upperBound ?? 0, numbers.upperBound)
        try progress.write(folder, host: host)
        try StatementLog(folder).append(statements)
        statements = []
        let count = try writer.close(batch.flows, host: host, sequences: batch.sequences, inDoubt: doubt)
        progress.next = numbers.upperBound
        progress.inDoubt = nil
        progress.closed = max(progress.closed, batch.closed)
        try progress.write(folder, host: host)
        return count
    }

    private func statement(_ loss: LossStatement) -> Statement {
        var statement = Statement(
            id: "\(host):\(loss.sequence)", kind: .loss, host: host, start: loss.since.nanoseconds / 1000,
            end: loss.until.nanoseconds / 1000, reason: loss.reason.word)
        statement.interface = loss.interface.description
        statement.project = catalogue.placement(loss.interface)?.project
        (statement.packets, statement.bytes) = (loss.traffic.packets, loss.traffic.bytes)
        return statement
    }

    /// Records that were in the spool and are there no more.
    private func gone(_ numbers: Range<UInt64>, at instant: Timestamp) -> Statement {
        let time = instant.nanoseconds / 1000
        var statement = Statement(
            id: "\(host):gone:\(numbers.lowerBound)-\(numbers.upperBound)", kind: .loss, host: host, start: time,
            end: time,
            reason: LossStatement.Reason.damaged.word)
        statement.records = UInt64(numbers.count)
        return statement
    }
}

extension LossStatement.Reason {
    /// The word of an archive's statements.
    fileprivate var word: String {
        switch self {
        case .notListening: "not-listening"
        case .beforeBinding: "before-binding"
        case .noRoom: "no-room"
        case .notSentOn: "not-sent-on"
        case .unguarded: "unguarded"
        case .uncounted: "uncounted"
        case .damaged: "damaged"
        }
    }
}

extension FlowBatch {
    /// Adds a row of a host's own records.
    package mutating func add(_ row: FlowRow) {
        for column in FlowColumn.allCases where column != .id {
            switch row.cell(column) {
            case .absent: break
            case .text(let text): set(column.ordinal, text: text)
            case .number(let number): set(column.ordinal, integer: Int64(bitPattern: number))
            case .instant(let instant): set(column.ordinal, integer: instant.microseconds)
            case .address(let address): set(column.ordinal, address: UInt128(address))
            case .id(let high, let low):
                set(column.ordinal, text: Identifier<FlowRecord>(high: high, low: low).description)
            }
        }
        endRow()
    }
}

extension Timestamp {
    /// Whole microseconds, rounded down.
    package var microseconds: Int64 { nanoseconds >= 0 ? nanoseconds / 1000 : (nanoseconds - 999) / 1000 }
}

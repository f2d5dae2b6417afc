package import Host
package import Model
package import Parquet
package import Records
import Spools

/// The spool of one host, as a source of an archive and of answers.
package struct SpoolSource: Sendable {
    package let host: String
    /// The spool's folder.
    package let path: String
    private let catalogue: Catalogue
    private let peers: PeerIndex

    package init(host: String, path: String, catalogue: Catalogue) {
        (self.host, self.path, self.catalogue) = (host, path, catalogue)
        peers = PeerIndex(catalogue)
    }

    /// Reads on from a number, until so many records are gathered or nothing more is committed.
    package func slice(from first: UInt64, rows: Int) throws(SystemError) -> SpoolSlice {
        var slice = SpoolSlice(host: host)
        var expected = first
        try SpoolReader(folder: path).read(from: first) { item in
            switch item {
            case .record(let record):
                if record.sequence > expected, expected == first {
                    slice.statements.append(gone(expected..<record.sequence, at: record.windowStart))
                }
                slice.flows.add(FlowRow(record, host: host, catalogue: catalogue, peers: peers))
                slice.sequences.append(record.sequence)
                slice.last = record.sequence
                expected = record.sequence + 1
            case .loss(let loss):
                if loss.reason.isMissing { slice.statements.append(statement(loss)) }
                slice.last = loss.sequence
                expected = loss.sequence + 1
            case .uncollected(let session):
                slice.last = session.sequence
                expected = session.sequence + 1
            case .damaged(let damage):
                slice.statements.append(gone(damage.numbers, at: Timestamp(nanoseconds: slice.closed * 1000)))
                if damage.numbers.upperBound > expected {
                    expected = damage.numbers.upperBound
                    slice.last = max(slice.last, expected - 1)
                }
            case .closed(let instant): slice.closed = max(slice.closed, instant / 1000)
            }
            slice.isFull = slice.sequences.count >= rows
            return !slice.isFull
        }
        return slice
    }

    /// The number that the next record will have.
    package func next() throws(SystemError) -> UInt64 { try SpoolReader(folder: path).nextSequence() }

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
            end: time, reason: LossStatement.Reason.damaged.word)
        statement.records = UInt64(numbers.count)
        return statement
    }
}

/// Records that lie behind each other in a spool, and what it says beside them.
package struct SpoolSlice: Sendable {
    package let host: String
    package var flows = FlowBatch()
    package var sequences: [UInt64] = []
    package var statements: [Statement] = []
    /// The last number that was read, of a loss also; 0 where there was none.
    package var last: UInt64 = 0
    /// All windows that ended up to this instant were read, in microseconds since 1970; 0 where nothing says so.
    package var closed: Int64 = 0
    /// Whether more may follow.
    package var isFull = false

    /// The values of a column for all rows.
    package func vector(_ column: FlowColumn) -> ColumnVector {
        column == .id ? RecordIdentity.vector(host: host, sequences) : flows.vector(column)
    }
}

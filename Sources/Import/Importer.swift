package import Archive
import Host
package import Packets
import Records

/// What an import did.
package struct ImportResult: Sendable {
    package var imported = 0
    package var badLines = 0
    package var known = 0
    package var headings = 0
    package var comments = 0
    package var blankLines = 0
    package var silences = 0
    package var losses = 0
    package var otherEvents = 0
    /// Files that were not read, or not to their end, each with the reason.
    package var failures: [(file: String, reason: String)] = []
    /// The first ten lines that were not understood: `FILE:LINE: what is wrong`.
    package var complaints: [String] = []

    package init() {}

    mutating func complain(_ file: String, _ line: Int, _ reason: String) {
        badLines += 1
        if complaints.count < 10 { complaints.append("\(file):\(line): \(reason)") }
    }

    /// What was neither a record nor a line that is not understood.
    package var others: String {
        let parts = [
            (headings, "headings"), (comments, "comments"), (blankLines, "blank lines"),
            (silences, "statements of silence"), (losses, "statements of loss"), (otherEvents, "other events"),
        ]
        return parts.map { "\($0) \($1)" }.joined(separator: ", ")
    }

    package var summary: String {
        "imported \(imported) records, \(badLines) lines not understood, \(known) already there"
    }
}

/// Reads flow logs into an archive.
package struct Importer {
    /// Records that are held before they are closed.
    private static let rowsOfBatch = 1 << 19

    private let format: ImportFormat?
    private let fields: [String]?
    private let meter: MeterSettings
    private var writer: ArchiveWriter
    private let log: StatementLog
    private var statementIDs: Set<String>
    private var batch = FlowBatch()
    private var ids: [UInt128] = []
    private var statements: [Statement] = []
    package private(set) var result = ImportResult()

    /// Begins an import into an archive that this process writes to.
    package init(
        _ folder: ArchiveFolder, _ writer: ArchiveWriter, format: ImportFormat?, fields: [String]?,
        meter: MeterSettings = MeterSettings()
    ) throws {
        self.format = format
        self.fields = fields
        self.meter = meter
        self.writer = writer
        log = StatementLog(folder)
        statementIDs = Set(try log.read().statements.map(\.id))
    }

    /// Reads one file; what is wrong with it stands in `result`. Throws where the archive cannot be written.
    package mutating func read(_ path: String) throws {
        var reader = FileReader(path: path, format: format, fields: fields, meter: meter)
        do {
            do {
                try InputFile(path: path).read { try reader.add($0, &self) }
                try reader.finish(&self)
            } catch {
                if !(error is WriteFailure) { try reader.abandon(&self) }
                throw error
            }
        } catch let error as WriteFailure {
            throw error.cause
        } catch let error as InputFile.Fault {
            result.failures.append((path, error.description))
        } catch {
            // What came before the cut was read; the line that it goes through was not.
            result.failures.append((path, "\(error)"))
        }
    }

    /// Closes what was read.
    package mutating func finish() throws {
        try close()
        try writer.settle()
    }

    /// An archive that cannot be written is another thing than a file that cannot be read.
    private struct WriteFailure: Error {
        let cause: any Error
    }

    mutating func take(_ outcome: LineOutcome, identity: UInt128, file: String, line: Int) throws {
        switch outcome {
        case .record: try keepRow(identity)
        case .incompleteRecord(let statement):
            keep(statement, identity)
            try keepRow(identity)
        case .statement(let statement):
            batch.dropRow()
            switch statement.kind {
            case .covered: result.silences += 1
            case .loss: result.losses += 1
            }
            keep(statement, identity)
        case .heading: result.headings += 1
        case .comment: result.comments += 1
        case .otherEvent:
            batch.dropRow()
            result.otherEvents += 1
        case .bad(let reason):
            batch.dropRow()
            result.complain(file, line, reason)
        }
    }

    private mutating func keepRow(_ identity: UInt128) throws {
        ids.append(identity)
        batch.endRow()
        guard batch.rowCount >= Self.rowsOfBatch else { return }
        do { try close() } catch { throw WriteFailure(cause: error) }
    }

    private mutating func keep(_ statement: Statement, _ identity: UInt128) {
        let known = statement.identified(String(identity, radix: 16))
        if statementIDs.insert(known.id).inserted { statements.append(known) }
    }

    /// Takes the records of a document; the number of each within it stands for a line.
    mutating func read(
        _ document: JSONValue, _ reader: any DocumentReader, _ format: ImportFormat, _ path: String
    ) throws {
        var identities = LineIdentity(format)
        // Rows are taken one by one: a batch that is full is closed between two of them.
        var own = self
        var number = 0
        var batch = own.batch
        own.batch = FlowBatch()
        defer { self = own }
        try reader.read(document, into: &batch) { outcome, content, batch in
            number += 1
            switch outcome {
            case .record, .incompleteRecord:
                batch.set(.source, text: format.name)
                batch.set(.sourceFile, text: path)
                batch.set(.sourceLine, number: UInt64(number))
            case .statement, .heading, .comment, .otherEvent, .bad: break
            }
            swap(&own.batch, &batch)
            defer { swap(&own.batch, &batch) }
            try own.take(outcome, identity: identities.next(content[...], context: []), file: path, line: number)
        }
        own.batch = batch
    }

    /// Takes a record that stands in no line, and where it comes from.
    mutating func take(_ place: Place, identity: UInt128, _ set: (inout FlowBatch) -> Void) throws {
        set(&batch)
        setPlace(place)
        try keepRow(identity)
    }

    /// Counts what has no flow, and units that were not understood beyond those that were told.
    mutating func count(otherEvents: Int, furtherBad: Int) {
        result.otherEvents += otherEvents
        result.badLines += furtherBad
    }

    mutating func takeBlankLine() { result.blankLines += 1 }
    mutating func complain(_ file: String, _ line: Int, _ reason: String) { result.complain(file, line, reason) }

    /// Reads a line into the open row, with where it comes from.
    mutating func read(_ line: ArraySlice<UInt8>, _ reader: inout any LineReader, _ place: Place) -> LineOutcome {
        let outcome = reader.read(line, into: &batch)
        switch outcome {
        case .statement, .heading, .comment, .otherEvent, .bad: break
        case .record, .incompleteRecord: setPlace(place)
        }
        return outcome
    }

    private mutating func setPlace(_ place: Place) {
        batch.set(.source, text: place.source)
        batch.set(.sourceFile, text: place.file)
        batch.set(.sourceLine, number: UInt64(place.line))
    }

    private mutating func close() throws {
        try log.append(statements)
        statements = []
        guard batch.rowCount > 0 else { return }
        let counts = try writer.close(batch, ids: ids)
        result.imported += counts.new
        result.known += counts.known
        batch = FlowBatch()
        ids = []
    }
}

import Crypto
import Foundation
import GRDB
import Model

/// Reads the whole chain and compares each hash, and goes on past what is wrong: each entry is held against the hash that the
/// one before it bears, so that a fault hides none behind it.
struct TrailCheck {
    private var report = TrailReport()
    private var previous = AuditDigest.origin
    private var expected: Int64 = 1
    private var digests: [BreachDigest] = []
    /// Where seals begin, and behind their ends: no fault reaches over one, so that each is within a seal or outside.
    private var borders: [Int64] = []

    static func run(_ database: Database) throws -> TrailReport {
        var check = TrailCheck()
        check.report.seals = try TrailSeal.all(in: database)
        check.digests = check.report.seals.map { BreachDigest($0.entries) }
        check.borders = Set(check.report.seals.flatMap { [$0.entries.lowerBound, $0.entries.upperBound + 1] }).sorted()
        let entries = try AuditEntry.order(Column("sequence")).fetchCursor(database)
        while let entry = try entries.next() { check.read(entry) }
        let issued = try AuditEntry.issued(in: database)
        if issued >= check.expected { check.add(.missing, check.expected...issued) }
        check.holdSeals()
        return check.report
    }

    private mutating func read(_ entry: AuditEntry) {
        let isBehindGap = entry.sequence > expected
        if isBehindGap { add(.missing, expected...(entry.sequence - 1)) }
        let hash = AuditDigest(entry.act).hash(
            entry.sequence, kind: entry.targetKind, id: entry.targetID, name: entry.targetName, after: previous)
        // What was cut off the end left its numbers: what came later follows from what was left.
        if hash != entry.hash { add(isBehindGap ? .orphaned : .altered, entry.sequence...entry.sequence) }
        for place in digests.indices { digests[place].add(entry) }
        previous = entry.hash
        expected = entry.sequence + 1
        report.entries += 1
        report.last = hexadecimal(entry.hash)
    }

    /// Adds a fault, to the one before where it is the same of the next entries.
    private mutating func add(_ kind: TrailReport.Fault.Kind, _ entries: ClosedRange<Int64>) {
        if let border = borders.first(where: { entries.contains($0) && $0 > entries.lowerBound }) {
            add(kind, entries.lowerBound...(border - 1))
            return add(kind, border...entries.upperBound)
        }
        if let last = report.faults.last, last.kind == kind, last.entries.upperBound + 1 == entries.lowerBound,
            !borders.contains(entries.lowerBound)
        {
            report.faults[report.faults.count - 1].entries = last.entries.lowerBound...entries.upperBound
        } else {
            report.faults.append(TrailReport.Fault(kind, entries))
        }
    }

    /// Holds each seal against what is stored, and says of each fault which seal covers it.
    private mutating func holdSeals() {
        let broken = report.faults
        for (place, seal) in report.seals.enumerated() {
            let isOwn = !broken.contains { $0.entries.contains(seal.sequence) }
            let isSame = digests[place].text == seal.digest
            report.seals[place].isIntact = isOwn && isSame
            if isOwn, !isSame { report.faults.append(TrailReport.Fault(.unsealed(by: seal.sequence), seal.entries)) }
        }
        report.faults.sort { $0.entries.lowerBound < $1.entries.lowerBound }
        for (place, fault) in report.faults.enumerated() {
            report.faults[place].seal =
                report.seals.first { seal in
                    guard case .unsealed(let former) = fault.kind, seal.sequence <= former else {
                        return seal.isIntact && seal.entries.contains(fault.entries)
                    }
                    return false
                }?.sequence
        }
    }
}

/// SHA-256 over what is stored of a span of entries: their numbers, content and hashes, as they are read.
struct BreachDigest {
    private let entries: ClosedRange<Int64>
    private var digest = SHA256()

    init(_ entries: ClosedRange<Int64>) { self.entries = entries }

    mutating func add(_ entry: AuditEntry) {
        guard entries.contains(entry.sequence) else { return }
        digest.update(
            data: AuditDigest(entry.act).hash(
                entry.sequence, kind: entry.targetKind, id: entry.targetID, name: entry.targetName, after: entry.hash))
    }

    var text: String { hexadecimal(digest.finalize()) }
}

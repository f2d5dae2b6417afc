import Foundation
import GRDB
import Model

/// The entry that seals a breach of the chain: it says from which entry to which the chain is broken, and the digest of what is
/// stored of them, so that the breach can neither grow nor change unseen.
///
/// The entry is one of the trail as every other: who sealed, when, by which request, and why (`reason`).
struct TrailSeal: Codable, Sendable {
    static let action = "audit.seal"

    let from: Int64
    let to: Int64
    /// `BreachDigest` in hexadecimal.
    let digest: String

    /// Every seal of the trail, in their order.
    static func all(in database: Database) throws -> [TrailReport.Seal] {
        let entries =
            try AuditEntry
            .filter(Column("action") == action && Column("outcome") == AuditNote.Outcome.success.rawValue)
            .order(Column("sequence")).fetchAll(database)
        return entries.compactMap { entry in
            // One that cannot be read does not bear its own hash: it seals nothing, and shows as altered.
            guard let text = entry.after, let seal = try? JSONDecoder().decode(TrailSeal.self, from: Data(text.utf8)),
                seal.from <= seal.to, seal.to < entry.sequence
            else { return nil }
            return TrailReport.Seal(
                sequence: entry.sequence, entries: seal.from...seal.to, digest: seal.digest,
                actorName: entry.actorName, at: entry.at, reason: entry.reason)
        }
    }
}

extension Change {
    /// Seals what a check found broken and nobody has sealed, a seal for each span of entries.
    ///
    /// * `reason`: why it is sealed, in the administrator's words.
    /// - Returns: the spans.
    /// - Throws: `RegistryError` with `notPossibleHere` where nothing is to be sealed.
    @discardableResult
    package func sealTrail(_ report: TrailReport, reason: String) throws -> [ClosedRange<Int64>] {
        let breaches = report.breaches
        guard !breaches.isEmpty else {
            throw RegistryError(
                .notPossibleHere, "The trail has no fault that is not sealed: there is nothing to seal.")
        }
        for breach in breaches {
            var digest = BreachDigest(breach)
            let entries = try AuditEntry.filter(breach.contains(Column("sequence"))).order(Column("sequence"))
                .fetchCursor(database)
            while let entry = try entries.next() { digest.add(entry) }
            let seal = TrailSeal(from: breach.lowerBound, to: breach.upperBound, digest: digest.text)
            try audit(
                AuditNote(
                    action: TrailSeal.action, reason: reason,
                    targetName: "entries \(breach.lowerBound) to \(breach.upperBound)", after: try json(seal)))
        }
        return breaches
    }
}

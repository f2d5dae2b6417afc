import Capture
import Foundation
import Model
import Spools
import Synchronization

/// Reads a whole spool once, in a thread of its own, to find what is damaged of it: records that nobody asked for yet.
///
/// The checksums of four gigabytes take some seconds of one processor; sums are made where something is damaged.
final class SpoolCheck: Sendable {
    struct Finding: Sendable {
        let damage: [SpoolDamage]
        /// What the records that can be read hold, where the spool had all from the first record on; else nobody can tell what the
        /// others held.
        let readable: Books?
    }

    private let finding = Mutex<Finding?>(nil)

    /// * `before`: the first record that is not looked at.
    /// * `isEndGone`: whether records are known to be missing that nothing stands behind.
    init(folder: String, before end: UInt64, isEndGone: Bool) {
        Thread.detachNewThread { [self] in
            guard let found = try? Self.find(SpoolReader(folder: folder), before: end, isEndGone) else { return }
            finding.withLock { $0 = found }
        }
    }

    /// What was found, once; nil while the check goes on, or could not be made.
    func take() -> Finding? {
        finding.withLock { found in
            defer { found = nil }
            return found
        }
    }

    private static func find(_ reader: SpoolReader, before end: UInt64, _ isEndGone: Bool) throws -> Finding {
        var damage: [SpoolDamage] = []
        try reader.forEachPart { part in
            if case .damaged(let place) = part, place.numbers.lowerBound < end { damage.append(place) }
            return true
        }
        guard isEndGone || !damage.isEmpty, try reader.firstSequence() == 1 else {
            return Finding(damage: damage, readable: nil)
        }
        var readable = Books()
        try reader.forEach { item in
            if case .record(let record) = item, record.sequence < end { readable.record(record) }
        }
        return Finding(damage: damage, readable: readable)
    }
}

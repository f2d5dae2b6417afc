package import CoreMetrics
import Foundation
package import GRDB
package import Model
import Synchronization

/// What exists and who may change it: one SQLite database in WAL mode.
///
/// Reads run side by side on snapshots. Changes go through one queue: each is whole or has not happened, all that wait
/// share one commit to disk, and each is answered after that commit.
package final class Registry: Sendable {
    private let pool: DatabasePool
    private let queue: CommitQueue
    private let failures = RepeatedFailures()
    private let listeners = Mutex<[@Sendable (Int64) -> Void]>([])

    /// Opens or makes the database and brings its schema up to date.
    ///
    /// - Throws: what SQLite says, or `RegistryError` when a newer version of Gatehouse has written it.
    /// * `metrics`: where it counts.
    package init(path: String, metrics: any MetricsFactory = NOOPMetricsHandler.instance) throws {
        var configuration = Configuration()
        configuration.label = "gatehouse.registry"
        configuration.maximumReaderCount = 8
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { database in
            // A commit is on disk when it returns.
            try database.execute(sql: "PRAGMA synchronous = FULL")
            // In kilobytes. Of those who only read there are eight, and the system keeps the file's pages as well.
            let cache = database.configuration.readonly ? 4000 : 32000
            try database.execute(sql: "PRAGMA cache_size = -\(cache)")
            // `Checkpointer` does it long before.
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 100000")
            // What one large change has made of the log is given back.
            try database.execute(sql: "PRAGMA journal_size_limit = 134217728")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        let migrator = Schema.migrator
        if try pool.read(migrator.hasBeenSuperseded) {
            throw RegistryError(
                .newerSchema, "registry \(path): a newer version of Gatehouse has written it; start that version")
        }
        try migrator.migrate(pool)
        queue = CommitQueue(pool, try Checkpointer(path: path, metrics: Metrics(metrics)))
    }

    /// Reads a consistent state; changes made meanwhile are not seen.
    package func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await pool.read(body)
    }

    /// Reads from a thread that may block.
    package func readNow<Value>(_ body: (Database) throws -> Value) throws -> Value { try pool.read(body) }

    /// Makes one change: what `body` does, its revision and its audit entries, or nothing.
    ///
    /// When `body` throws, everything it did is taken back, and the refusal is written into the trail.
    package func change<Value: Sendable>(
        by actor: Actor, _ body: @escaping @Sendable (Change) throws -> Value
    ) async throws -> Value {
        do {
            let (value, revision) = try await queue.submit { database in
                let change = Change(database, by: actor)
                return (try body(change), change.revision)
            }
            if let revision { for tell in listeners.withLock({ $0 }) { tell(revision) } }
            return value
        } catch let error as RegistryError {
            try await note(
                AuditNote(action: actor.action, outcome: .failure, reason: error.message), by: actor)
            throw error
        }
    }

    /// Tells what a change would give, and takes back everything that it did.
    package func rehearse<Value: Sendable>(
        by actor: Actor, _ body: @escaping @Sendable (Change) throws -> Value
    ) async throws -> Value {
        do {
            try await queue.submit { database -> Void in throw Rehearsed(value: try body(Change(database, by: actor))) }
        } catch let rehearsed as Rehearsed<Value> {
            return rehearsed.value
        }
        throw RegistryError(.notPossibleHere, "a rehearsal ended without a value")
    }

    /// Carries a rehearsal's value out of its savepoint, which its being thrown rolls back.
    private struct Rehearsed<Value: Sendable>: Error { let value: Value }

    /// Calls `body` with the number of each revision after it is on disk.
    package func onRevision(_ body: @escaping @Sendable (Int64) -> Void) { listeners.withLock { $0.append(body) } }

    /// Writes an entry into the trail that belongs to no change: a login, a refused attempt.
    package func note(_ note: AuditNote, by actor: Actor) async throws {
        try await queue.submit { database in
            var trail = try TrailWriter(database)
            try trail.append(note, by: actor, revision: nil, at: .now)
        }
    }

    /// Writes into the trail that somebody who is nobody yet has failed; of repeated failures the first, and how many followed.
    package func noteRepeated(_ note: AuditNote, by actor: Actor) async throws {
        try await write(failures.note(note, by: actor, at: Timestamp.now.nanoseconds))
    }

    /// Writes what was counted of repeated failures in spans that are over; all of it when the server ends.
    package func tellRepeated(isEnd: Bool = false) async throws {
        try await write(isEnd ? failures.take(begunBefore: .max) : failures.take(overAt: Timestamp.now.nanoseconds))
    }

    private func write(_ entries: [RepeatedFailures.Entry]) async throws {
        guard !entries.isEmpty else { return }
        try await queue.submit { database in
            var trail = try TrailWriter(database)
            for entry in entries { try trail.append(entry.note, by: entry.actor, revision: nil, at: .now) }
        }
    }

    /// Writes what is neither an object nor in the trail: tokens, receipts, what hosts say of themselves.
    package func keep<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await queue.submit(body)
    }

    /// A consistent copy of the whole database, made while it is in use.
    package func backup(to path: String) throws {
        let copy = try DatabaseQueue(path: path)
        try pool.backup(to: copy)
        try copy.close()
    }
}

extension Timestamp {
    package static var now: Timestamp {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return Timestamp(nanoseconds: Int64(clock.tv_sec) * 1_000_000_000 + Int64(clock.tv_nsec))
    }
}

import CoreMetrics
import Dispatch
import GRDB
import Synchronization

/// Copies committed pages from SQLite's log into the database, beside the changes that go on meanwhile.
///
/// SQLite's own way is to do it within a commit that makes the log long, which then takes as long as ten others. Here a
/// connection of its own copies the bulk four times a second while there are changes; only the rest, which was written
/// meanwhile, is left to the one who writes, so that the log can begin anew. Both are passive checkpoints: nobody waits for a lock.
final class Checkpointer: Sendable {
    private struct State {
        var isRunning = false
        /// When the last pass began.
        var last: ContinuousClock.Instant?
        /// Whether the log is long and nearly copied.
        var isNearEnd = false
    }

    private let connection: DatabaseQueue
    private let worker = DispatchQueue(label: "gatehouse.registry.checkpoint")
    private let state = Mutex(State())
    private let pages: Int
    private let pause: Duration
    private let metrics: Metrics

    /// * `pages`: where the log has fewer it may grow on.
    /// * `pause`: from the beginning of one pass to that of the next.
    init(
        path: String, pages: Int = 4000, pause: Duration = .milliseconds(250),
        metrics: Metrics = Metrics(NOOPMetricsHandler.instance)
    ) throws {
        self.metrics = metrics
        self.pages = pages
        self.pause = pause
        var configuration = Configuration()
        configuration.label = "gatehouse.registry.checkpoint"
        configuration.prepareDatabase { database in
            // The log begins anew over what was copied: that must be on disk by then.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// To be called after each commit, when its changes are answered.
    func noteCommit() {
        let isDue = state.withLock { state in
            let now = ContinuousClock.now
            guard !state.isRunning, state.last.map({ $0 + pause < now }) ?? true else { return false }
            (state.isRunning, state.last) = (true, now)
            return true
        }
        guard isDue else { return }
        worker.async { [self] in
            // What fails now, for a full disk perhaps, is tried again after a later commit.
            let found = copied { try connection.writeWithoutTransaction { try Self.copyMost($0) } } ?? 0
            state.withLock { ($0.isRunning, $0.isNearEnd) = (false, found > pages) }
        }
    }

    /// To be called between commits by the one who writes: copies the rest where it is little.
    func finish(_ pool: DatabasePool) {
        let isNearEnd = state.withLock { state in
            defer { state.isNearEnd = false }
            return state.isNearEnd
        }
        guard isNearEnd else { return }
        _ = copied { try pool.writeWithoutTransaction { try Self.copy($0) } }
    }

    private func copied(_ body: () throws -> Int) -> Int? {
        do {
            return try body()
        } catch {
            metrics.checkpointFailures.increment()
            return nil
        }
    }

    /// Copies, and what came meanwhile, until that is little; how many pages the log has.
    private static func copyMost(_ database: Database) throws -> Int {
        var found = try copy(database)
        for _ in 0..<4 {
            let before = found
            found = try copy(database)
            if found < before + 400 { break }
        }
        return found
    }

    /// How many pages the log has.
    private static func copy(_ database: Database) throws -> Int {
        try Row.fetchOne(database, sql: "PRAGMA wal_checkpoint(PASSIVE)")?["log"] ?? 0
    }
}

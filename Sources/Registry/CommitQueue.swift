import Dispatch
import GRDB
import Synchronization

/// Runs changes one after the other and commits all that wait together.
///
/// A commit costs one wait for the disk, whatever it holds. Each change has a savepoint of its own, so that one that fails
/// takes nothing with it; no caller hears of success before the commit.
final class CommitQueue: Sendable {
    private struct Job: Sendable {
        /// Does the work; what it gives back tells the caller, with the commit's error where that failed.
        let run: @Sendable (Database) -> @Sendable ((any Error)?) -> Void
        /// Tells the caller that nothing was begun.
        let refuse: @Sendable (any Error) -> Void
    }

    private let pool: DatabasePool
    private let checkpointer: Checkpointer
    private let worker = DispatchQueue(label: "gatehouse.registry.commit")
    private let waiting = Mutex<[Job]>([])
    /// So many changes share a commit at most: the first must not wait for ever.
    private static let batch = 256

    init(_ pool: DatabasePool, _ checkpointer: Checkpointer) {
        self.pool = pool
        self.checkpointer = checkpointer
    }

    func submit<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job(
                run: { database in
                    let result = Result { try Self.inSavepoint(database, body) }
                    return { failure in
                        if let failure {
                            continuation.resume(throwing: failure)
                        } else {
                            continuation.resume(with: result)
                        }
                    }
                }, refuse: { continuation.resume(throwing: $0) })
            let isFirst = waiting.withLock { jobs in
                jobs.append(job)
                return jobs.count == 1
            }
            if isFirst { worker.async { self.work() } }
        }
    }

    private static func inSavepoint<Value>(_ database: Database, _ body: (Database) throws -> Value) throws -> Value {
        var value: Value?
        try database.inSavepoint {
            value = try body(database)
            return .commit
        }
        guard let value else { throw DatabaseError(message: "a savepoint ended without its value") }
        return value
    }

    private func work() {
        while true {
            // Seen but not taken out: a change that comes now must see that somebody is at work.
            let jobs = waiting.withLock { Array($0.prefix(Self.batch)) }
            let answers = commit(jobs)
            let isDone = waiting.withLock { waiting in
                waiting.removeFirst(jobs.count)
                return waiting.isEmpty
            }
            for answer in answers { answer() }
            checkpointer.noteCommit()
            checkpointer.finish(pool)
            if isDone { return }
        }
    }

    private func commit(_ jobs: [Job]) -> [() -> Void] {
        var completions: [@Sendable ((any Error)?) -> Void] = []
        do {
            try pool.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    completions = jobs.map { $0.run(database) }
                    return .commit
                }
            }
            return completions.map { completion in { completion(nil) } }
        } catch {
            // A transaction that did not even begin ran nothing.
            if completions.isEmpty { return jobs.map { job in { job.refuse(error) } } }
            return completions.map { completion in { completion(error) } }
        }
    }
}

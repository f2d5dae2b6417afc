import Dispatch
import Foundation
import Synchronization
package import Testing

/// Tests that wait for the kernel or for other programs, each on a thread of its own.
///
/// Swift's pool has as many threads as the machine has processors. A test that sleeps on one keeps it from all others, whose
/// own spans of time then pass between two of their lines.
package struct OwnThread: TestTrait, SuiteTrait, TestScoping {
    /// Of a suite: each of its tests has one.
    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let thread = WaitingThread.take()
        defer { WaitingThread.giveBack(thread) }
        try await withTaskExecutorPreference(thread, operation: function)
    }
}

extension Trait where Self == OwnThread {
    package static var ownThread: Self { OwnThread() }
}

/// A thread that runs jobs one after another, and does not end: programs started from it with `diesWithParent` end with the
/// thread that started them.
private final class WaitingThread: TaskExecutor {
    private static let idle = Mutex<[WaitingThread]>([])

    private let jobs = Mutex<[UnownedJob]>([])
    private let count = DispatchSemaphore(value: 0)

    static func take() -> WaitingThread {
        idle.withLock { $0.popLast() } ?? WaitingThread()
    }

    static func giveBack(_ thread: WaitingThread) {
        idle.withLock { $0.append(thread) }
    }

    private init() {
        Thread.detachNewThread {
            while true {
                self.count.wait()
                let job = self.jobs.withLock { $0.removeFirst() }
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        count.signal()
    }
}

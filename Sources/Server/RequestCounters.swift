import Synchronization

/// Counts answers by status, and requests that failed inside.
package final class RequestCounters: Sendable {
    private let counts = Mutex<[Int: Int]>([:])
    private let failed = Mutex(0)

    package init() {}

    var all: [Int: Int] { counts.withLock { $0 } }
    var failures: Int { failed.withLock { $0 } }

    func note(_ status: Int) { counts.withLock { $0[status, default: 0] += 1 } }
    func noteFailure() { failed.withLock { $0 += 1 } }
}

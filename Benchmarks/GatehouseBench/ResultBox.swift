import Foundation
import Synchronization

/// One number that a thread leaves for another.
final class ResultBox: Sendable {
    private let value = Mutex(0.0)
    private let done = DispatchSemaphore(value: 0)

    func finish(_ result: Double) {
        value.withLock { $0 = result }
        done.signal()
    }

    func wait() -> Double {
        done.wait()
        return value.withLock { $0 }
    }
}

import Foundation
import Synchronization

/// Work in a thread of its own, whose end can be asked for.
final class Background: Sendable {
    private let done = Mutex(false)

    /// Begins the work; what fails is silent, as the demo shows what the kernel saw of it.
    init(_ body: @escaping @Sendable () throws -> Void) {
        Thread.detachNewThread { [self] in
            try? body()
            done.withLock { $0 = true }
        }
    }

    var isDone: Bool { done.withLock { $0 } }
}

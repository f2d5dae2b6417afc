import Dispatch
import Synchronization

/// Waits on the main thread for work that is done elsewhere.
///
/// Commands that catch signals must not be asynchronous themselves: the signals are held back from the thread that asks for
/// them and from those it starts, so it has to be the main thread, and it has to stay there.
enum Waiting {
    private final class Slot<Value: Sendable>: Sendable {
        let result = Mutex<Result<Value, any Error>?>(nil)
    }

    static func value<Value: Sendable>(of body: @escaping @Sendable () async throws -> Value) throws -> Value {
        let slot = Slot<Value>()
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            slot.result.withLock { $0 = result }
            isDone.signal()
        }
        isDone.wait()
        guard let result = slot.result.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }
}

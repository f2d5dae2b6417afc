import NIOPosix

/// Runs what waits for a disk on a thread that may wait.
package func onBlockingThread<Value: Sendable, Failure: Error>(
    _ body: @escaping @Sendable () throws(Failure) -> Value
) async throws(Failure) -> Value {
    let run: @Sendable () -> Result<Value, Failure> = {
        do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
    }
    // The threads are there for as long as the process; without them the work is done here.
    let result = (try? await NIOThreadPool.singleton.runIfActive(run)) ?? run()
    return try result.get()
}

import Host

/// Waits until something is so that comes in its own time.
///
/// It waits long: a machine that does other things as well is slow, and a test that passes is not made slower by patience.
///
/// - Throws: `InVain` after four minutes.
package func eventually(
    _ what: @autoclosure () -> String, every milliseconds: Int64 = 50, isTrue: () throws -> Bool
) throws {
    let deadline = SystemClock.monotonic + 240_000_000_000
    while try !isTrue() {
        guard SystemClock.monotonic < deadline else { throw InVain(what: what()) }
        _ = try Polling.wait([], timeoutNanoseconds: milliseconds * 1_000_000)
    }
}

/// What was waited for did not come.
package struct InVain: Error, CustomStringConvertible {
    let what: String
    package var description: String { "waited in vain for \(what)" }
}

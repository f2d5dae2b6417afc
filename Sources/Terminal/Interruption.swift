import Host

/// Ctrl-C as something to look at between two readings, so that a listing that follows can end well.
package struct Interruption: Sendable {
    private let signals: SignalDescriptor

    package init() throws { signals = try SignalDescriptor(SignalDescriptor.endings) }

    /// Waits a moment, unless it is over.
    ///
    /// - Returns: Whether to go on.
    package func pause(milliseconds: Int64 = 100) throws -> Bool {
        _ = try Polling.wait([signals.number], timeoutNanoseconds: milliseconds * 1_000_000)
        return signals.next() == nil
    }
}

package import Model

/// A span of time whose traffic goes into one record a flow.
///
/// Windows end at multiples of their length, and each begins where the one before ended: at such a multiple too, unless that
/// one was closed early.
package struct CaptureWindow: Hashable, Sendable {
    package let start: Timestamp
    package let end: Timestamp

    /// The aligned window of this length that holds the instant; what is left of it where a part is closed already.
    ///
    /// - Precondition: the length is from one second to ten minutes; readers of user input check first.
    package init(length: Duration, holding instant: Timestamp, closedUntil: Timestamp = Timestamp(nanoseconds: 0)) {
        precondition(length >= .seconds(1) && length <= .seconds(600), "window of \(length)")
        // A clock that was set back must not open a closed window again.
        let aligned = max(instant, closedUntil).aligned(to: length)
        start = max(aligned, closedUntil)
        end = aligned.advanced(by: length)
    }

    /// An instant of what is not closed of it: now, or the last one where it was over before anybody closed it.
    package func openInstant(at now: Timestamp, closedUntil: Timestamp) -> Timestamp {
        max(closedUntil.advanced(by: .nanoseconds(1)), min(now, end.advanced(by: .nanoseconds(-1))))
    }
}

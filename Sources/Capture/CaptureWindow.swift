package import Model

/// A span of time whose traffic goes into one record a flow. Windows are aligned to their length.
package struct CaptureWindow: Hashable, Sendable {
    package let start: Timestamp
    package let end: Timestamp

    /// The aligned window of this length that holds the instant.
    ///
    /// - Precondition: the length is from one second to ten minutes; readers of user input check first.
    package init(length: Duration, holding instant: Timestamp) {
        precondition(length >= .seconds(1) && length <= .seconds(600), "window of \(length)")
        start = instant.aligned(to: length)
        end = start.advanced(by: length)
    }
}

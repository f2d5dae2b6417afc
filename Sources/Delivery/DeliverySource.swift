package import Model
package import Spools

/// What delivery is derived from, beside its own state.
package struct DeliverySource: Sendable {
    package var spool: SpoolReader
    /// Length of a capture window.
    package var windowLength: Duration
    /// The end of the window that was closed last.
    package var closedUntil: Timestamp
    /// What is in force at this instant counts as present; it is not before `closedUntil`.
    package var present: Timestamp
    /// A window's end at which everything is due, because somebody asked for it.
    package var flushed: Timestamp?
    /// What was in force at an instant. The same instant always has the same answer.
    package var ownership: @Sendable (Timestamp) throws -> Ownership

    package init(
        spool: SpoolReader, windowLength: Duration, closedUntil: Timestamp, present: Timestamp,
        flushed: Timestamp? = nil, ownership: @escaping @Sendable (Timestamp) throws -> Ownership
    ) {
        self.spool = spool
        self.windowLength = windowLength
        self.closedUntil = closedUntil
        self.present = present
        self.flushed = flushed
        self.ownership = ownership
    }
}

package import Model

/// One capture window that is over, with all its records, committed to the host's spool.
package struct ClosedWindow: Sendable {
    package let start: Timestamp
    package let end: Timestamp
    /// In the spool's order.
    package let records: [FlowRecord]
    /// Whether records of this window were lost, which its objects then say.
    package let hasLoss: Bool
    /// The revision in force during the window: its collectors get the records, its names make the keys.
    ///
    /// A window that is delivered again after a crash must come with the same revision; the agent closes its window
    /// before it adopts another.
    package let revision: Revision
    /// The interfaces of this host; nil is all of the policy.
    package let interfaces: Set<Identifier<Interface>>?

    package init(
        start: Timestamp, end: Timestamp, records: [FlowRecord], hasLoss: Bool = false, revision: Revision,
        interfaces: Set<Identifier<Interface>>? = nil
    ) {
        self.start = start
        self.end = end
        self.records = records
        self.hasLoss = hasLoss
        self.revision = revision
        self.interfaces = interfaces
    }
}

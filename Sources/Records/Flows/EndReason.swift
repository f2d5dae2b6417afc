/// Why a record of a flow ends, as sources tell it (IPFIX calls it flowEndReason).
package enum EndReason: String, CaseIterable, Hashable, Sendable {
    /// Nothing came for so long that the flow counts as over.
    case idle
    /// The flow goes on; its record was closed after a while.
    case active
    case fin
    case rst
    /// The exporter was told to close it.
    case forced
    /// The exporter had no room for it.
    case resource
}

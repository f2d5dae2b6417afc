import Registry
import Server
import Service

/// Who tells of hosts and the trail, and takes hosts in: a control plane, or its data folder.
///
/// Both tell it in the documents of the native interface, so that what is shown of them is the same.
protocol OperatingSource: Sendable {
    /// How a host reaches the server, as far as it is known.
    var address: String { get }

    /// Every host, by name.
    func hosts() async throws -> [JSON]
    /// A token with which a host of this name is enrolled once.
    func invite(_ host: String) async throws -> String
    func revoke(_ host: String) async throws
    /// Entries of the trail, oldest first; for one request also the effects of its change.
    func trail(_ query: AuditQuery) async throws -> (entries: [JSON], effects: [JSON])
    /// Whether the trail's chain is whole.
    func soundness() async throws -> JSON
    /// Seals what is broken in the chain; tells its soundness afterwards.
    func seal(_ reason: String) async throws -> JSON
}

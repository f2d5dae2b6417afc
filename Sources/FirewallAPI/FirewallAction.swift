import Registry
import Service

/// What all actions stand on.
struct FirewallGround: Sendable {
    let registry: Registry
    let policy: @Sendable () -> AccessPolicy
    let hosts: HostService
    let flows: HostArchive
    let events: HostEvents
    let region: ServedRegion
}

/// One call of somebody who has the right to it.
struct FirewallRequest: Sendable {
    let ground: FirewallGround
    let session: Session
    let project: Project
    let call: Call
    let action: String
    let parameters: Parameters

    var registry: Registry { ground.registry }

    /// Makes one change, whole or not at all.
    func change<Value: Sendable>(_ body: @escaping @Sendable (Change) throws -> Value) async throws -> Value {
        try await registry.change(by: Actor(session, call, action), body)
    }
}

/// One thing that the API does. A further one is an entry in the list of its subject.
struct FirewallAction: Sendable {
    let name: String
    /// The right that a caller needs, as the access policy names it.
    let right: String
    var required: [String] = []
    var optional: [String] = []
    let answer: @Sendable (FirewallRequest) async throws -> JSONObject
}

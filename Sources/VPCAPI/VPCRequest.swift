import HTTPTypes
import Registry
import Service

/// One request to the VPC API: who asks, for which project, in which version.
struct VPCRequest: Sendable {
    let ground: VPCGround
    let call: Call
    let session: Session
    let project: Project
    let version: APIVersion

    var served: ServedRegion { ground.settings.served }
    var quotas: VPCQuotas { ground.settings.quotas }
    var firstZone: String { served.firstZone }

    /// The parts of the path after the collection's name.
    var path: [String] { Array(call.path.dropFirst()) }

    func body() throws(VPCError) -> BodyObject { try BodyObject(call) }
    func patch() throws(VPCError) -> BodyObject { try BodyObject(call, isPatch: true) }

    // MARK: Rights

    /// Throws where the caller's roles do not allow an operation; the refusal is in the trail.
    func permit(_ operation: String) async throws {
        do {
            try permitPart(operation)
        } catch {
            try await note(error, actor(operation))
            throw error
        }
    }

    /// The same for what a change makes or removes beside its own object; the change's refusal is in the trail.
    func permitPart(_ operation: String) throws(VPCError) {
        guard let denied = ground.policy().denial(of: operation, session) else { return }
        throw VPCError(.forbidden, "The caller's roles do not allow \(denied).")
    }

    /// Whether the caller may name an attribute, by the names that Neutron's policy has for it.
    ///
    /// * `network`: the VPC that is concerned, where the rule may ask for its owner.
    func allows(_ attribute: String, in network: StoredVPC? = nil) -> Bool {
        let target = AccessTarget(
            ownsNetwork: network.map { $0.projectID == project.id } ?? true, isNetworkShared: network?.isShared ?? false
        )
        return ground.policy().allows(attribute: attribute, session, target)
    }

    /// Throws where the caller may not name an attribute.
    ///
    /// * `what`: what is named, as "the host".
    func permit(_ attribute: String, in network: StoredVPC? = nil, _ field: String, _ what: String) throws(VPCError) {
        guard !allows(attribute, in: network) else { return }
        throw .field(
            .forbidden, field,
            "\(field): the caller's roles do not allow \(attribute); leave \(what) out, or ask an administrator.")
    }

    private func actor(_ action: String) -> Actor {
        var actor = Actor(session, call, action)
        (actor.projectID, actor.projectName) = (project.id, project.name)
        return actor
    }

    private func note(_ error: VPCError, _ actor: Actor) async throws {
        try await ground.registry.note(
            AuditNote(action: actor.action, outcome: .failure, reason: error.message), by: actor)
    }

    // MARK: Registry

    func read<Value: Sendable>(_ body: @escaping @Sendable (ProjectView) throws -> Value) async throws -> Value {
        try await ground.registry.read { try body(ProjectView(request: self, database: $0)) }
    }

    /// One change: what `body` does, or nothing; what it refuses is in the trail.
    func change<Value: Sendable>(
        _ action: String, _ body: @escaping @Sendable (Change, ProjectView) throws -> Value
    ) async throws -> Value {
        let actor = actor(action)
        do {
            return try await ground.registry.change(by: actor) { change in
                try body(change, try ProjectView(request: self, database: change.database))
            }
        } catch let error as VPCError {
            try await note(error, actor)
            throw error
        }
    }

    /// Gives what Neutron's API made what this API takes for granted.
    func adopt() async throws {
        let project = project.id
        guard try await ground.registry.read({ try Change.needsAdoption(project, in: $0) }) else { return }
        let zone = firstZone
        try await change("vpc.adopt") { change, _ in try change.adopt(project, zone: zone, name: Naming.random) }
    }
}

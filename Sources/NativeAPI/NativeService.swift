import HTTPTypes
package import Registry
package import Service

/// Gatehouse's own interface: the trail, revisions, hosts, buckets, policy files, flows.
package struct NativeService: MountedAPI {
    private let ground: NativeGround
    private let authenticator: Authenticator
    private let subjects: [NativeRoute]

    package let routes: [APIRoute]
    package let mounts = [["api"]]
    /// All that is served, a list for each subject.
    static let standardRoutes =
        AuditRoutes.routes + HostRoutes.routes + RevisionRoutes.routes + BucketRoutes.routes + PolicyRoutes.routes
        + FlowRoutes.routes

    package init(
        registry: Registry, authenticator: Authenticator, policy: @escaping @Sendable () -> AccessPolicy,
        hosts: HostService, probe: BucketProbe, region: ServedRegion, flows: HostArchive
    ) {
        self.init(
            NativeGround(
                registry: registry, policy: policy, hosts: hosts, probe: probe, region: region, flows: flows),
            authenticator, routes: Self.standardRoutes)
    }

    init(_ ground: NativeGround, _ authenticator: Authenticator, routes: [NativeRoute]) {
        self.ground = ground
        self.authenticator = authenticator
        subjects = routes
        self.routes =
            routes.map { APIRoute($0.method, $0.path) } + [APIRoute(.get, "openapi.json")] + HostService.routes
    }

    package func answer(unserved call: Call) async throws -> Answer {
        if call.path.first == "agent" { return try await ground.hosts.answer(unserved: call) }
        guard try await authenticator.session(of: call) != nil else { throw Refusal.unauthenticated }
        throw Refusal.nothingHere
    }

    package func answer(_ call: Call) async throws -> Answer {
        if call.path.first == "agent" { return try await ground.hosts.answer(call) }
        if call.path == ["openapi.json"] { return Answer(.ok, OpenAPI.document(call, subjects)) }
        guard let session = try await authenticator.session(of: call) else { throw Refusal.unauthenticated }
        for route in subjects where route.method == call.method {
            guard let values = route.values(in: call.path) else { continue }
            guard ground.policy().allows(route.right, session) else { throw Refusal.forbidden(route.right) }
            return try await route.answer(NativeRequest(ground: ground, session: session, call: call, values: values))
        }
        throw Refusal.nothingHere
    }
}

import HTTPTypes
package import Registry
package import Service

/// Neutron's networking API, version 2.0: networks, subnets, ports, security groups, logs, quotas.
///
/// The calls come without their mount point; errors have Neutron's envelope.
package struct NeutronService: MountedAPI {
    let registry: Registry
    let authenticator: Authenticator
    let policy: @Sendable () -> AccessPolicy
    /// Looks projects up, for clients without a login.
    let projects: @Sendable (Call, Session) async throws -> Answer
    let resources: [any Resource]
    package let routes: [APIRoute]

    package let mounts = [["networking"]]
    static let standardResources: [any Resource] = [
        Networks(), Subnets(), Ports(), SecurityGroups(), SecurityGroupRules(), Logs(),
    ]
    /// A list without a limit gives so many at most, and the link to the next ones.
    static let largestPage = 1000

    package init(
        registry: Registry, authenticator: Authenticator, policy: @escaping @Sendable () -> AccessPolicy,
        projects: @escaping @Sendable (Call, Session) async throws -> Answer
    ) {
        self.init(
            registry: registry, authenticator: authenticator, policy: policy, projects: projects,
            resources: Self.standardResources)
    }

    /// * `resources`: the collections that are served.
    init(
        registry: Registry, authenticator: Authenticator, policy: @escaping @Sendable () -> AccessPolicy,
        projects: @escaping @Sendable (Call, Session) async throws -> Answer, resources: [any Resource]
    ) {
        self.registry = registry
        self.authenticator = authenticator
        self.policy = policy
        self.projects = projects
        self.resources = resources
        routes = Self.furtherRoutes + resources.flatMap(\.routes)
    }

    package func answer(refusing refusal: Refusal, _ call: Call) -> Answer { NeutronError(refusal).answer }

    /// What is served beside the resources.
    private static let furtherRoutes =
        APIRoute.routes(
            .get,
            [
                "", "projects", "projects/{project}", "v3/projects", "v3/projects/{project}", "v2.0", "v2.0/extensions",
                "v2.0/extensions/{alias}", "v2.0/log/loggable-resources",
            ]) + Quotas.routes

    package func serves(_ call: Call) -> Bool { routes.admit(Self.plain(call)) }

    package func answer(unserved call: Call) async throws -> Answer {
        do {
            _ = try await session(call)
            let path = Self.plain(call).path
            guard routes.contains(where: { $0.leads(to: path) }) else { throw NeutronError.resourceMissing }
            throw NeutronError(
                .methodNotAllowed, "HTTPMethodNotAllowed",
                "The method \(call.method.rawValue) is not allowed for this resource.")
        } catch let error as NeutronError {
            return error.answer
        }
    }

    /// The call with its path as the list of routes has it: with one version, with `log` before what is logged, and without
    /// `.json`.
    private static func plain(_ call: Call) -> Call {
        var call = call
        guard let first = call.path.first, first != "projects", first != "v3" else { return call }
        // An endpoint that ends in the version already gets a second one from some clients.
        call.path = Array(call.path.drop { $0 == "v2.0" })
        if let last = call.path.last, last.hasSuffix(".json") {
            call.path[call.path.count - 1] = String(last.dropLast(5))
        }
        if ["logs", "loggable-resources"].contains(call.path.first) { call.path.insert("log", at: 0) }
        call.path.insert("v2.0", at: 0)
        return call
    }

    package func answer(_ call: Call) async throws -> Answer {
        do {
            return try await route(call)
        } catch let error as NeutronError {
            return error.answer
        } catch let error as RegistryError {
            return NeutronError(error).answer
        }
    }

    private func route(_ call: Call) async throws -> Answer {
        if call.path.isEmpty { return Answer(.ok, Self.versions(call)) }
        // Clients without a login look projects up here.
        if call.path[0] == "projects" || call.path.starts(with: ["v3", "projects"]) {
            let session = try await session(call)
            return try await projects(call.dropping(call.path[0] == "v3" ? 2 : 1), session)
        }
        var call = Self.plain(call).dropping(1)
        let session = try await session(call)
        if call.path.isEmpty { return Answer(.ok, index(call)) }
        if call.path[0] == "log" { call.path.removeFirst() }
        guard let name = call.path.first else { throw NeutronError.resourceMissing }
        switch name {
        case "extensions": return try Extensions.answer(call.dropping(1))
        case "quotas": return try await Quotas(service: self).answer(call.dropping(1), session)
        case "loggable-resources": return try loggableResources(call, session)
        default: break
        }
        guard let resource = resources.first(where: { $0.collection == name }) else {
            throw NeutronError.resourceMissing
        }
        return try await Collection(service: self, session: session, call: call).answer(resource)
    }

    private func session(_ call: Call) async throws -> Session {
        guard let session = try await authenticator.session(of: call) else {
            throw NeutronError(
                .unauthorized, "HTTPUnauthorized", "The request you have made requires authentication.")
        }
        return session
    }

    private func loggableResources(_ call: Call, _ session: Session) throws -> Answer {
        guard call.method == .get, call.path.count == 1 else { throw NeutronError.resourceMissing }
        let types = policy().allows("get_loggable_resource", session) ? Logs.loggableTypes : []
        return Answer(.ok, .object(["loggable_resources": .array(types.map { .object(["type": .string($0)]) })]))
    }

    private static func versions(_ call: Call) -> JSON {
        .object([
            "versions": .array([
                .object([
                    "id": "v2.0", "status": "CURRENT",
                    "links": .array([
                        .object(["rel": "self", "href": .string("\(call.base)/networking/v2.0/")])
                    ]),
                ])
            ])
        ])
    }

    private func index(_ call: Call) -> JSON {
        .object([
            "resources": .array(
                resources.map { resource in
                    .object([
                        "name": .string(resource.singular), "collection": .string(resource.plural),
                        "links": .array([
                            .object([
                                "rel": "self",
                                "href": .string("\(call.base)/networking/v2.0/\(resource.collection)"),
                            ])
                        ]),
                    ])
                })
        ])
    }
}

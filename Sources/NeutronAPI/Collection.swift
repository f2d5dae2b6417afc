import HTTPTypes
import Registry
import Service

/// One request to one collection: what every resource has in common.
struct Collection {
    let service: NeutronService
    let session: Session
    let call: Call

    private var policy: AccessPolicy { service.policy() }

    func answer(_ resource: some Resource) async throws -> Answer {
        let parts = call.path.dropFirst()
        switch (call.method, parts.count) {
        case (.get, 0): return try await list(resource)
        case (.post, 0): return try await create(resource)
        case (.get, 1): return try await show(resource, call.path[1])
        case (.put, 1) where resource.isUpdatable: return try await update(resource, call.path[1])
        case (.delete, 1): return try await delete(resource, call.path[1])
        case (_, 2...3) where resource.hasTags && call.path[2] == "tags":
            return try await TagRoutes(collection: self).answer(resource, call.path[1])
        case (_, 0...1):
            throw NeutronError(
                .methodNotAllowed, "HTTPMethodNotAllowed",
                "The method \(call.method.rawValue) is not allowed for this resource.")
        default: throw NeutronError.resourceMissing
        }
    }

    // MARK: Reading

    private func list(_ resource: some Resource) async throws -> Answer {
        let query = try ListQuery(call, resource)
        guard policy.allows("get_\(resource.singular)", session) else {
            return Answer(.ok, .object(JSONObject([(resource.plural, .array([]))])))
        }
        try await prepare(resource)
        let session = session
        let (rendered, done) = try await service.registry.read { database in
            let (objects, done) = try fetch(resource, query, session, database)
            return (try resource.render(objects, wanted: query.needed, in: database), done)
        }
        let sorted = query.sorted(query.filtered(rendered, by: resource, done: done))
        let (page, links) = try query.page(sorted, call, maximum: NeutronService.largestPage)
        var body = JSONObject([(resource.plural, .array(page.map(query.projected)))])
        if let links { body["\(resource.plural)_links"] = .array(links) }
        return Answer(.ok, .object(body))
    }

    /// The objects that the caller may see and that the filters with a column admit; names of those filters.
    private func fetch<R: Resource>(
        _ resource: R, _ query: ListQuery, _ session: Session, _ database: RegistryState
    ) throws -> ([R.Object], Set<String>) {
        var selection = Self.visible(resource, session)
        var done: Set<String> = []
        let attributes = resource.allAttributes
        for filter in query.filters {
            guard let attribute = attributes.first(where: { $0.name == filter.name }), let column = attribute.column
            else { continue }
            switch attribute.type {
            case .flag:
                let flags = filter.values.compactMap { JSON.string($0).flag }
                selection.require(column, .flags(flags))
            case .integer: selection.require(column, .numbers(filter.values.compactMap { Int($0) }))
            default: selection.require(column, .texts(filter.values))
            }
            done.insert(filter.name)
        }
        return (try R.Object.all(selection, in: database), done)
    }

    /// What the caller sees: an administrator everything.
    private static func visible(_ resource: some Resource, _ session: Session) -> Selection {
        var selection = Selection()
        if !session.roles.contains(.admin) {
            selection.limit(to: session.project?.id ?? "", and: resource.sharing)
        }
        return selection
    }

    /// The object of this id, if the caller may see it.
    func find<R: Resource>(_ resource: R, _ id: String, in database: RegistryState) throws -> R.Object {
        guard policy.allows("get_\(resource.singular)", session) else { throw resource.missing(id) }
        var selection = Self.visible(resource, session)
        selection.require("id", .texts([id.lowercased()]))
        guard let object = try R.Object.first(selection, in: database) else { throw resource.missing(id) }
        return object
    }

    private func prepare(_ resource: some Resource) async throws {
        guard session.project != nil, try await needsDefaultGroup(resource) else { return }
        try await change(resource, "create") { work in try resource.prepare(work) }
    }

    private func needsDefaultGroup(_ resource: some Resource) async throws -> Bool {
        guard let project = session.project?.id, ["security_group", "security_group_rule"].contains(resource.singular)
        else { return false }
        return try await service.registry.read { try !StoredGroup.hasDefault(project: project, in: $0) }
    }

    private func show(_ resource: some Resource, _ id: String) async throws -> Answer {
        let query = try ListQuery(
            Call(method: .get, path: call.path, query: call.query.filter { $0.key == "fields" }), resource)
        let rendered = try await service.registry.read { database in
            try resource.render([try find(resource, id, in: database)], wanted: nil, in: database)
        }
        return Answer(.ok, .object(JSONObject([(resource.singular, query.projected(rendered[0]))])))
    }

    // MARK: Changing

    func change<Value: Sendable>(
        _ resource: some Resource, _ verb: String, _ body: @escaping @Sendable (Work) throws -> Value
    ) async throws -> Value {
        let policy = policy
        let session = session
        let actor = Actor(session, call, "\(resource.singular).\(verb)")
        do {
            return try await service.registry.change(by: actor) { change in
                try body(Work(change: change, session: session, policy: policy))
            }
        } catch let error as NeutronError {
            try await service.registry.note(
                AuditNote(action: actor.action, outcome: .failure, reason: error.message), by: actor)
            throw error
        }
    }

    private func refuse(_ resource: some Resource, _ verb: String) async throws -> NeutronError {
        let error = NeutronError.forbidden("\(verb)_\(resource.singular)")
        let actor = Actor(session, call, "\(resource.singular).\(verb)")
        try await service.registry.note(
            AuditNote(action: actor.action, outcome: .failure, reason: error.message), by: actor)
        return error
    }

    private func create(_ resource: some Resource) async throws -> Answer {
        guard policy.allows("create_\(resource.singular)", session) else { throw try await refuse(resource, "create") }
        let (requests, isBulk) = try BodyReader(resource: resource).creation(call.body)
        let rendered = try await change(resource, "create") { work in
            try resource.render(try resource.create(requests, work), wanted: nil, in: work.database)
        }
        let body =
            isBulk
            ? JSONObject([(resource.plural, .array(rendered.map { .object($0) }))])
            : JSONObject([(resource.singular, .object(rendered[0]))])
        return Answer(.created, .object(body))
    }

    private func update(_ resource: some Resource, _ id: String) async throws -> Answer {
        try await permit(resource, "update", id)
        let fields = try BodyReader(resource: resource).update(call.body)
        let rendered = try await change(resource, "update") { work in
            let object = try find(resource, id, in: work.database)
            try constrain(object)
            return try resource.render([try resource.update(object, fields, work)], wanted: nil, in: work.database)
        }
        return Answer(.ok, .object(JSONObject([(resource.singular, .object(rendered[0]))])))
    }

    private func delete(_ resource: some Resource, _ id: String) async throws -> Answer {
        try await permit(resource, "delete", id)
        try await change(resource, "delete") { work in
            let object = try find(resource, id, in: work.database)
            try constrain(object)
            try resource.delete(object, work)
        }
        return Answer(.noContent)
    }

    /// Another project's object is not there; one's own without the role is forbidden.
    func permit(_ resource: some Resource, _ verb: String, _ id: String) async throws {
        let object = try await service.registry.read { try find(resource, id, in: $0) }
        let owns = session.roles.contains(.admin) || object.projectID == session.project?.id
        guard owns, policy.allows("\(verb)_\(resource.singular)", session, ownsTarget: owns) else {
            throw try await refuse(resource, verb)
        }
    }

    /// `If-Match: revision_number=N`: the caller has seen the object as it is.
    func constrain(_ object: some StoredObject) throws {
        guard let header = call.headers[.ifMatch], header.hasPrefix("revision_number=") else { return }
        let wanted = header.dropFirst("revision_number=".count)
        guard Int(wanted) != object.revisionNumber else { return }
        throw RegistryError(
            .revisionMismatch, "Constrained to \(wanted), but current revision is \(object.revisionNumber)")
    }
}

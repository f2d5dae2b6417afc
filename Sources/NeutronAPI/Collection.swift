import HTTPTypes
import Model
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
        try await makeReadyMade(resource, query)
        let (rendered, done) = try await service.registry.read { database in
            let (objects, done) = try fetch(resource, query, database)
            return (try shown(resource, objects, wanted: query.needed, in: database), done)
        }
        let sorted = query.sorted(query.filtered(rendered, by: resource, done: done))
        let (page, links) = try query.page(sorted, call, maximum: NeutronService.largestPage)
        var body = JSONObject([(resource.plural, .array(page.map(query.projected)))])
        if let links { body["\(resource.plural)_links"] = .array(links) }
        return Answer(.ok, .object(body))
    }

    /// The objects that the caller may see and that the filters with a column admit; names of those filters.
    private func fetch<R: Resource>(
        _ resource: R, _ query: ListQuery, _ database: RegistryState
    ) throws -> ([R.Object], Set<String>) {
        var selection = visible(resource)
        var done: Set<String> = []
        let attributes = resource.allAttributes
        for filter in query.filters {
            // By what is hidden nothing is found: `shown` leaves it out.
            guard let attribute = attributes.first(where: { $0.name == filter.name }), let column = attribute.column,
                !hides(filter.name, of: resource)
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

    /// Whether the caller sees the objects of all projects.
    private func seesAll(_ resource: some Resource) -> Bool {
        session.roles.contains(.admin) || resource.isForServices && session.roles.contains(.service)
    }

    /// Whether rules keep an attribute from the caller. They are asked as for another project's network: what a caller may
    /// see of that, it may see of all.
    private func hides(_ attribute: String, of resource: some Resource) -> Bool {
        !policy.allows(
            attribute: "get_\(resource.singular):\(attribute)", session, AccessTarget(isOwn: false, ownsNetwork: false))
    }

    /// The objects as the caller may see them.
    private func shown<R: Resource>(
        _ resource: R, _ objects: [R.Object], wanted: Set<String>? = nil, in database: RegistryState
    ) throws -> [JSONObject] {
        let rendered = try resource.render(objects, wanted: wanted, in: database)
        let hidden = Set((rendered.first?.keys ?? []).filter { hides($0, of: resource) })
        guard !hidden.isEmpty else { return rendered }
        return rendered.map { object in
            JSONObject(object.pairs.filter { !hidden.contains($0.key) }.map { ($0.key, $0.value) })
        }
    }

    /// What the caller sees.
    private func visible(_ resource: some Resource) -> Selection {
        var selection = Selection()
        if !seesAll(resource) {
            selection.limit(to: session.project?.id ?? "", and: resource.sharing)
        }
        return selection
    }

    /// The object of this id, if the caller may see it.
    func find<R: Resource>(_ resource: R, _ id: String, in database: RegistryState) throws -> R.Object {
        guard policy.allows("get_\(resource.singular)", session) else { throw resource.missing(id) }
        var selection = visible(resource)
        selection.require("id", .texts([id.lowercased()]))
        guard let object = try R.Object.first(selection, in: database) else { throw resource.missing(id) }
        return object
    }

    private func prepare(_ resource: some Resource) async throws {
        guard session.project != nil, try await needsDefaultGroup(resource) else { return }
        try await change(resource, "create") { work in try resource.prepare(work) }
    }

    /// A ready-made group that is asked for by its name, as the client does that attaches it, is made where the caller may make groups.
    private func makeReadyMade(_ resource: some Resource, _ query: ListQuery) async throws {
        guard resource.collection == SecurityGroups().collection, let project = session.project?.id,
            let names = query.filters.first(where: { $0.name == "name" })?.values,
            names.contains(where: { ReadyMadeGroup(rawValue: $0) != nil }),
            policy.denial(of: "create_security_group", session) == nil,
            policy.denial(of: "create_security_group_rule", session) == nil,
            try await !service.registry.read({ try Change.missing(names, in: project, $0) }).isEmpty
        else { return }
        do {
            try await change(resource, "create") { work in
                for group in try Change.missing(names, in: project, work.database) {
                    try work.change.makeReadyMade(group, in: project)
                }
            }
        } catch let error as RegistryError where error.code == .overQuota {
            // The list tells what there is; the refusal is in the trail.
        }
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
            try shown(resource, [try find(resource, id, in: database)], in: database)
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
        let (requests, isBulk) = try BodyReader(resource: resource).creation(call)
        let rendered = try await change(resource, "create") { work in
            for fields in requests { try permit(resource, "create", nil, fields, work) }
            return try shown(resource, try resource.create(requests, work), in: work.database)
        }
        let body =
            isBulk
            ? JSONObject([(resource.plural, .array(rendered.map { .object($0) }))])
            : JSONObject([(resource.singular, .object(rendered[0]))])
        return Answer(.created, .object(body))
    }

    private func update(_ resource: some Resource, _ id: String) async throws -> Answer {
        try await permit(resource, "update", id)
        let fields = try BodyReader(resource: resource).update(call)
        let rendered = try await change(resource, "update") { work in
            let object = try find(resource, id, in: work.database)
            try permit(resource, "update", object, fields, work)
            try constrain(object)
            return try shown(resource, [try resource.update(object, fields, work)], in: work.database)
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
        let owns = seesAll(resource) || object.projectID == session.project?.id
        guard owns, policy.allows("\(verb)_\(resource.singular)", session, AccessTarget(isOwn: owns)) else {
            throw try await refuse(resource, verb)
        }
    }

    /// Asks the rules of the attributes that a request names, and of what those lists hold (`fixed_ips:ip_address`).
    private func permit<R: Resource>(
        _ resource: R, _ verb: String, _ object: R.Object?, _ fields: Fields, _ work: Work
    ) throws {
        let target = try resource.target(object, fields, work)
        let attributes = resource.allAttributes.map(\.name).filter(fields.sent.contains).flatMap { name in
            let parts = (fields[name]?.items ?? []).flatMap { $0.members?.keys ?? [] }
            return [name] + Set(parts).sorted().map { "\(name):\($0)" }
        }
        try work.permit("\(verb)_\(resource.singular)", attributes, target)
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

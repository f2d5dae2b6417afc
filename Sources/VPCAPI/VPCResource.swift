import HTTPTypes
import Registry
import Service

/// One collection of the VPC API with the five usual routes: list, make, show, edit, delete.
///
/// What all have in common (rights, isolation, pages, one change a request) is here; a resource says the rest. A new one is one
/// file, and one line in `VPCService`.
protocol VPCResource: Sendable {
    associatedtype Object: StoredObject

    var request: VPCRequest { get }
    /// What rights and the trail call it: `create_NOUN`, `NOUN.create`.
    var noun: String { get }
    /// The collection's key in a list's body.
    var collection: String { get }
    /// How many parts of the path come before the object's id: 2 for what is within another object.
    var depth: Int { get }
    /// Whether answers bear an `ETag` that `If-Match` is compared with.
    var isTagged: Bool { get }
    var isNewestFirst: Bool { get }

    /// The objects that the caller sees and the filters admit.
    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [Object]
    func list(_ call: Call) async throws -> Answer
    func find(_ id: String, _ view: ProjectView) throws -> Object
    func render(_ object: Object, _ view: ProjectView) throws -> JSONObject
    /// Checks what takes its time, before the change that others wait for.
    func prepare(_ body: BodyObject) async throws
    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> Object
    func update(_ former: Object, _ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> Object
    func delete(_ object: Object, _ change: Change, _ view: ProjectView) throws
    /// Routes beyond the usual ones.
    func more(_ path: [String]) async throws -> Answer
}

extension VPCResource {
    var depth: Int { 0 }
    var isTagged: Bool { false }
    var isNewestFirst: Bool { false }

    func find(_ id: String, _ view: ProjectView) throws -> Object { try view.find(id) }
    func prepare(_ body: BodyObject) async throws {}
    func more(_ path: [String]) async throws -> Answer { throw VPCError.routeMissing }

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count - depth) {
        case (.get, 0):
            try await request.permit("get_\(noun)")
            return try await list(request.call)
        case (.post, 0): return try await create()
        case (.get, 1): return try await show(path[depth])
        case (.patch, 1): return try await update(path[depth])
        case (.delete, 1): return try await delete(path[depth])
        default: return try await more(path)
        }
    }

    func list(_ call: Call) async throws -> Answer {
        let pagination = try Pagination(call, collection)
        let filter = VPCFilter(call)
        return try await request.read { view in
            let all = filter.admitsResourceGroup(view) ? try objects(filter, view) : []
            let page = pagination.page(all, newestFirst: isNewestFirst)
            return Answer(.ok, pagination.body(try page.items.map { try render($0, view) }, page, call))
        }
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_\(noun)")
        return try await request.read { view in
            let object = try find(id, view)
            return Answer(
                .ok, .object(try render(object, view)), headers: isTagged ? EntityTag.header(object) : [:])
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_\(noun)")
        let body = try request.body()
        try await prepare(body)
        return try await request.change("\(noun).create") { change, view in
            try view.checkResourceGroup(body)
            return Answer(.created, .object(try render(try create(body, change, view), view)))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        // What the caller does not see is not there to be changed.
        try await request.permit("get_\(noun)")
        try await request.permit("update_\(noun)")
        let body = try request.patch()
        return try await request.change("\(noun).update") { change, view in
            let former = try find(id, view)
            if isTagged { try EntityTag.check(request.call, former) }
            return Answer(.ok, .object(try render(try update(former, body, change, view), view)))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("get_\(noun)")
        try await request.permit("delete_\(noun)")
        return try await request.change("\(noun).delete") { change, view in
            let object = try find(id, view)
            if isTagged { try EntityTag.check(request.call, object) }
            try delete(object, change, view)
            return Answer(.noContent)
        }
    }
}

/// `ETag` and `If-Match`: whether an object is still as the caller has seen it.
private enum EntityTag {
    static func header(_ object: some StoredObject) -> HTTPFields { [.eTag: tag(object)] }

    private static func tag(_ object: some StoredObject) -> String { "W/\"\(object.revisionNumber)\"" }

    static func check(_ call: Call, _ object: some StoredObject) throws(VPCError) {
        guard let wanted = call.headers[.ifMatch], wanted != "*", wanted != tag(object) else { return }
        throw VPCError(
            .preconditionFailed, "The object has changed since it was read; read it again.",
            .init(name: "If-Match", place: .header))
    }
}

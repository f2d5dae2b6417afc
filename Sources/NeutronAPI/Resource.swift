import HTTPTypes
import Registry
import Service

/// One collection of the Neutron API. A new one is one file, and one line in `NeutronService.resources`.
protocol Resource: Sendable {
    associatedtype Object: StoredObject

    /// The path's last part: `security-groups`.
    var collection: String { get }
    /// The key of one object in a body: `security_group`; policy rules are named after it.
    var singular: String { get }
    var plural: String { get }
    /// Beside the standard ones.
    var attributes: [Attribute] { get }
    var hasTags: Bool { get }
    var hasName: Bool { get }
    var isUpdatable: Bool { get }

    /// The objects as clients see them. `wanted` names the attributes asked for; nil is all.
    func render(_ objects: [Object], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject]
    /// Makes all that one request asks for, or throws.
    func create(_ requests: [Fields], _ work: Work) throws -> [Object]
    func update(_ object: Object, _ fields: Fields, _ work: Work) throws -> Object
    func delete(_ object: Object, _ work: Work) throws
    /// What else than the caller's own project a caller sees.
    var sharing: Selection.Sharing { get }
    /// Whether the hosts' own service role sees the objects of all projects.
    var isForServices: Bool { get }
    /// What an object, or one that a request asks for, is to rules about its attributes.
    func target(_ object: Object?, _ fields: Fields, _ work: Work) throws -> AccessTarget
    /// Runs before lists: makes what exists on first use.
    func prepare(_ work: Work) throws
    /// What an unknown id is told.
    func missing(_ id: String) -> NeutronError
    /// Attributes that only lists can be filtered by.
    func matches(_ rendered: JSONObject, filter: String, values: [String]) -> Bool?
}

extension Resource {
    var hasTags: Bool { true }
    var hasName: Bool { true }
    var isUpdatable: Bool { true }
    var sharing: Selection.Sharing { .nothing }
    var isForServices: Bool { false }
    func target(_ object: Object?, _ fields: Fields, _ work: Work) throws -> AccessTarget { .init() }
    func prepare(_ work: Work) throws {}
    func matches(_ rendered: JSONObject, filter: String, values: [String]) -> Bool? { nil }

    func update(_ object: Object, _ fields: Fields, _ work: Work) throws -> Object { object }

    func missing(_ id: String) -> NeutronError {
        NeutronError(
            .notFound, NeutronError.missingType(Object.kind), "\(Object.kind.title) \(id) could not be found.")
    }

    /// The path below `v2.0`: logs are below `log`.
    private var place: String { "v2.0/\(collection == Logs().collection ? "log/" : "")\(collection)" }

    /// What is served of it.
    var routes: [APIRoute] {
        let one = "\(place)/{id}"
        let update = isUpdatable ? [APIRoute(.put, one)] : []
        let tags = [HTTPRequest.Method.get, .put, .delete].flatMap { method in
            hasTags ? APIRoute.routes(method, ["\(one)/tags", "\(one)/tags/{tag}"]) : []
        }
        return APIRoute.routes(.get, [place, one]) + [APIRoute(.post, place)] + update + [APIRoute(.delete, one)] + tags
    }

    /// All attributes: the resource's own and the standard ones.
    var allAttributes: [Attribute] {
        var all = [
            Attribute(name: "id", type: .uuid, column: "id"),
            Attribute(name: "project_id", type: .text(), creation: .defaults(.null), column: "projectID"),
            Attribute(name: "tenant_id", type: .text(), creation: .defaults(.null), column: "projectID"),
        ]
        if hasName {
            all.append(
                Attribute(name: "name", type: .text(), creation: .defaults(""), isUpdatable: true, column: "name"))
        }
        if !attributes.contains(where: { $0.name == "description" }) {
            all.append(
                Attribute(
                    name: "description", type: .text(), creation: .defaults(""), isUpdatable: true,
                    column: "description", isSortable: false))
        }
        all += attributes
        all += [
            Attribute(name: "created_at", type: .text(), isFilterable: false),
            Attribute(name: "updated_at", type: .text(), isFilterable: false),
            Attribute(name: "revision_number", type: .integer(0...Int.max), column: "revisionNumber"),
        ]
        return all
    }

    /// The standard attributes of an object that come last.
    func standardTail(_ object: Object) -> [(String, JSON)] {
        [
            ("project_id", .string(object.projectID)), ("tenant_id", .string(object.projectID)),
            ("created_at", .string(APITime.text(object.createdAt))),
            ("updated_at", .string(APITime.text(object.updatedAt))),
            ("revision_number", .int(object.revisionNumber)),
        ]
    }
}

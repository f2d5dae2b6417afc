import HTTPTypes
import Registry
import Service

/// `COLLECTION/ID/tags` and `COLLECTION/ID/tags/TAG`.
struct TagRoutes {
    let collection: Collection

    func answer(_ resource: some Resource, _ id: String) async throws -> Answer {
        let call = collection.call
        let tag = call.path.count == 4 ? call.path[3] : nil
        let collection = collection
        switch (call.method, tag) {
        case (.get, nil):
            return Answer(.ok, .object(["tags": .strings(try await tags(resource, id))]))
        case (.get, .some(let tag)):
            guard try await tags(resource, id).contains(tag) else { throw Self.missing(tag) }
            return Answer(.noContent)
        case (.put, nil):
            let body = try call.document()
            try await collection.permit(resource, "update", id)
            guard let value = body["tags"] else {
                throw NeutronError.badRequest("Unable to find 'tags' in request body")
            }
            let wanted = try Self.check(value)
            try await write(resource, id) { _ in wanted }
            return Answer(.ok, .object(["tags": .strings(wanted)]))
        case (.put, .some(let tag)):
            _ = try Self.check(.array([.string(tag)]))
            try await write(resource, id) { tags in
                _ = try Self.check(.strings(Set(tags).union([tag])))
                return Array(Set(tags).union([tag]))
            }
            return Answer(.created)
        case (.delete, nil):
            try await write(resource, id) { _ in [] }
            return Answer(.noContent)
        case (.delete, .some(let tag)):
            try await write(resource, id) { tags in
                guard tags.contains(tag) else { throw Self.missing(tag) }
                return tags.filter { $0 != tag }
            }
            return Answer(.noContent)
        default:
            throw NeutronError(
                .methodNotAllowed, "HTTPMethodNotAllowed",
                "The method \(collection.call.method.rawValue) is not allowed for this resource.")
        }
    }

    private func tags<R: Resource>(_ resource: R, _ id: String) async throws -> [String] {
        let collection = collection
        return try await collection.service.registry.read { database in
            let object = try collection.find(resource, id, in: database)
            return try Tags.of(R.Object.kind, object.id, in: database)
        }
    }

    private func write<R: Resource>(
        _ resource: R, _ id: String, _ edit: @escaping @Sendable ([String]) throws -> [String]
    ) async throws {
        let collection = collection
        try await collection.permit(resource, "update", id)
        try await collection.change(resource, "tag") { work in
            let object = try collection.find(resource, id, in: work.database)
            try collection.constrain(object)
            try work.change.setTags(try edit(try Tags.of(R.Object.kind, object.id, in: work.database)), on: object)
        }
    }

    private static func check(_ value: JSON) throws -> [String] {
        guard let items = value.items else {
            throw NeutronError.invalid("tags", "'\(AttributeType.show(value))' is not a list")
        }
        let tags = items.compactMap(\.text)
        guard tags.count == items.count, tags.allSatisfy({ (1...255).contains($0.unicodeScalars.count) }) else {
            throw NeutronError.invalid("tags", "each tag is a string of 1 to 255 characters")
        }
        guard Set(tags).count == tags.count else { throw NeutronError.invalid("tags", "tags are unique") }
        guard tags.count <= 50 else { throw NeutronError.invalid("tags", "there are more than 50 tags") }
        return tags
    }

    private static func missing(_ tag: String) -> NeutronError {
        NeutronError(.notFound, "TagNotFound", "Tag \(tag) could not be found.")
    }
}

import Foundation
import Registry
import Service

/// How a body names an object: by exactly one of `id`, `crn`, `href`.
struct ObjectIdentity: Sendable {
    enum Key: String, CaseIterable, Sendable {
        case id
        case crn
        case href
    }

    let key: Key
    let value: String
    /// The field's dotted path.
    let field: String

    /// The last part, which is the id however the object is named.
    var id: String {
        switch key {
        case .id: value
        case .crn: String(value.split(separator: ":", omittingEmptySubsequences: false).last ?? "")
        case .href: String(value.split(separator: "/").last ?? "")
        }
    }

    init(_ body: BodyObject, keys: [Key] = Key.allCases) throws(VPCError) {
        let given = keys.filter { body.has($0.rawValue) && !body.isUnset($0.rawValue) }
        guard given.count == 1, let key = given.first else {
            let words = keys.map(\.rawValue).joined(separator: ", ")
            throw .field(.onlyOne, body.name(key: keys), "Exactly one of \(words) is wanted.")
        }
        self.key = key
        value = try body.requiredText(key.rawValue)
        field = body.name(key.rawValue)
    }

    var missing: VPCError {
        .field(.notFound, field, "\(field) names nothing that is there.", value: .string(String(value.prefix(200))))
    }
}

extension BodyObject {
    /// The object's own path, for errors about all of its keys.
    fileprivate func name(key keys: [ObjectIdentity.Key]) -> String {
        let first = name(keys.first?.rawValue ?? "")
        return first.split(separator: ".").dropLast().joined(separator: ".")
    }
}

extension ProjectView {
    /// The project's own object that a body names; its kind is the result's.
    func find<Object: StoredObject>(_ identity: ObjectIdentity, as kind: Object.Type = Object.self) throws -> Object {
        guard let object = try Object.stored(identity.id, in: database), object.projectID == request.project.id,
            names(identity, object)
        else { throw identity.missing }
        return object
    }

    /// Whether the identity's whole text is the object's.
    func names(_ identity: ObjectIdentity, _ object: some StoredObject) -> Bool {
        switch identity.key {
        case .id: true
        case .crn: identity.value == crn(object)
        case .href: isPath(identity.value, of: href(object))
        }
    }

    /// Whether two links have the same path: the host may be called otherwise.
    func isPath(_ link: String, of own: String) -> Bool {
        guard let start = own.range(of: "/v1/"), let given = link.range(of: "/v1/") else { return false }
        return own[start.lowerBound...] == link[given.lowerBound...]
    }

    /// The own VPC that a body must name.
    func requiredVPC(_ body: BodyObject) throws -> StoredVPC {
        try find(try ObjectIdentity(try body.requiredObject("vpc")))
    }

    /// Checks the resource group that a body may name: there is one.
    func checkResourceGroup(_ body: BodyObject) throws {
        guard let group = try body.object("resource_group") else { return }
        let id = try group.requiredText("id")
        guard id != request.project.id else { return }
        throw VPCError.field(
            .notFound, group.name("id"), "resource_group.id names nothing that is there.", value: .string(id))
    }

    /// The zone that a body must name.
    func requiredZone(_ body: BodyObject) throws -> String {
        let zone = try body.requiredObject("zone")
        let identity = try ZoneIdentity(zone)
        guard request.served.zones.contains(identity.name) else {
            throw VPCError.field(.notFound, identity.field, "\(identity.field) names no zone of this region.")
        }
        return identity.name
    }
}

/// How a body names a zone: by `name` or `href`.
private struct ZoneIdentity {
    let name: String
    let field: String

    init(_ body: BodyObject) throws(VPCError) {
        guard body.has("name") != body.has("href") else {
            throw .field(.onlyOne, "zone", "zone: exactly one of name, href is wanted.")
        }
        let key = body.has("name") ? "name" : "href"
        let text = try body.requiredText(key)
        name = key == "name" ? text : String(text.split(separator: "/").last ?? "")
        field = body.name(key)
    }
}

import Service

/// Reads the objects out of a request's body and checks each attribute.
struct BodyReader {
    let resource: any Resource

    /// The objects of a POST: one, or a list of them.
    func creation(_ call: Call) throws(NeutronError) -> (objects: [Fields], isBulk: Bool) {
        let members = try members(call)
        if let single = members[resource.singular] {
            return ([try checkCreation(single)], false)
        }
        guard let list = members[resource.plural] else {
            throw .badRequest("Unable to find '\(resource.singular)' in request body")
        }
        guard let items = list.items, !items.isEmpty else { throw .badRequest("Resources required") }
        var objects: [Fields] = []
        for item in items { objects.append(try checkCreation(item[resource.singular] ?? item)) }
        return (objects, true)
    }

    /// The attributes of a PUT.
    func update(_ call: Call) throws(NeutronError) -> Fields {
        let members = try members(call)
        guard let object = members[resource.singular]?.members else {
            throw .badRequest("Unable to find '\(resource.singular)' in request body")
        }
        var values: [String: JSON] = [:]
        let attributes = resource.allAttributes
        for (name, value) in object.pairs {
            guard let attribute = attributes.first(where: { $0.name == name }) else {
                throw .badRequest("Unrecognized attribute(s) '\(name)'")
            }
            guard attribute.isUpdatable else {
                throw .badRequest("Cannot update read-only attribute \(name)")
            }
            values[name] = try attribute.type.check(value, of: name)
        }
        return Fields(values, sent: Set(values.keys))
    }

    /// The body's object; of a body that is none, Neutron's words and what is wrong with it.
    private func members(_ call: Call) throws(NeutronError) -> JSONObject {
        let words =
            "The server could not comply with the request since it is either malformed or otherwise incorrect: "
            + "Body contains invalid data"
        do {
            guard let members = try call.document().members else { throw NeutronError.badRequest(words) }
            return members
        } catch let refusal as Refusal {
            throw .badRequest("\(words). \(refusal.message)")
        } catch {
            throw .badRequest(words)
        }
    }

    private func checkCreation(_ json: JSON) throws(NeutronError) -> Fields {
        guard let object = json.members else {
            throw .badRequest("Unable to find '\(resource.singular)' in request body")
        }
        let attributes = resource.allAttributes
        let unknown = object.keys.filter { key in !attributes.contains { $0.name == key } }
        guard unknown.isEmpty else {
            throw .badRequest("Unrecognized attribute(s) '\(unknown.sorted().joined(separator: ", "))'")
        }
        var values: [String: JSON] = [:]
        for attribute in attributes {
            let value = object[attribute.name]
            switch attribute.creation {
            case .refused:
                guard value == nil else {
                    throw .badRequest("Attribute '\(attribute.name)' not allowed in POST")
                }
            case .required:
                guard let value else {
                    throw .badRequest("Failed to parse request. Required attribute '\(attribute.name)' not specified")
                }
                values[attribute.name] = try attribute.type.check(value, of: attribute.name)
            case .defaults(let standard):
                if let value, !(value.isNull && ["project_id", "tenant_id"].contains(attribute.name)) {
                    values[attribute.name] = try attribute.type.check(value, of: attribute.name)
                } else {
                    values[attribute.name] = standard
                }
            }
        }
        // Null is what a client leaves out.
        return Fields(values, sent: Set(object.pairs.filter { !$0.value.isNull }.map(\.key)))
    }
}

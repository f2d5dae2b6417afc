import HTTPTypes
import Registry
import Service

/// `log/logs`: which events are written.
struct Logs: Resource {
    let collection = "logs"
    let singular = "log"
    let plural = "logs"
    let hasTags = false
    /// What can be logged: only what is enforced here.
    static let loggableTypes = ["security_group"]

    let attributes = [
        Attribute(name: "resource_type", type: .text(), creation: .required),
        Attribute(name: "resource_id", type: .optionalUUID, creation: .defaults(.null), column: "groupID"),
        Attribute(name: "target_id", type: .optionalUUID, creation: .defaults(.null), column: "interfaceID"),
        Attribute(
            name: "event", type: .choice(StoredLog.Event.allCases.map(\.rawValue).sorted()), creation: .defaults("ALL"),
            column: "event", isSortable: false),
        Attribute(
            name: "enabled", type: .flag, creation: .defaults(.bool(true)), isUpdatable: true, column: "isEnabled"),
    ]

    func render(_ objects: [StoredLog], wanted: Set<String>?, in database: RegistryState) throws -> [JSONObject] {
        objects.map { log in
            JSONObject(
                [
                    ("id", .string(log.id)), ("name", .string(log.name)), ("description", .string(log.description)),
                    ("enabled", .bool(log.isEnabled)), ("event", .string(log.event.rawValue)),
                    ("resource_type", "security_group"), ("resource_id", .optional(log.groupID)),
                    ("target_id", .optional(log.interfaceID)),
                ] + standardTail(log))
        }
    }

    func create(_ requests: [Fields], _ work: Work) throws -> [StoredLog] {
        try requests.map { fields in
            let type = fields.text("resource_type") ?? ""
            guard Self.loggableTypes.contains(type) else {
                throw RegistryError(.invalid(.logType), "Invalid log resource_type: \(type).")
            }
            let groupID = fields.text("resource_id")
            let interfaceID = fields.text("target_id")
            let projectID = try work.project(fields)
            // Both must be the log's project's own; what is another's is not there.
            if let groupID,
                try StoredGroup.stored(groupID, in: work.database).map({ work.owns($0.projectID) }) != true
            {
                throw NeutronError(.notFound, "ResourceNotFound", "Resource \(groupID) could not be found.")
            }
            if let interfaceID,
                try StoredInterface.stored(interfaceID, in: work.database).map({ work.owns($0.projectID) }) != true
            {
                throw NeutronError(
                    .notFound, "TargetResourceNotFound", "Target resource \(interfaceID) could not be found.")
            }
            return try work.change.createLog(
                StoredLog(
                    id: Change.newID(), projectID: projectID, name: fields.text("name") ?? "",
                    description: fields.text("description") ?? "", isEnabled: fields.flag("enabled") ?? true,
                    event: fields.text("event").flatMap(StoredLog.Event.init(rawValue:)) ?? .all, groupID: groupID,
                    interfaceID: interfaceID))
        }
    }

    func update(_ object: StoredLog, _ fields: Fields, _ work: Work) throws -> StoredLog {
        var log = object
        if let name = fields.text("name") { log.name = name }
        if let description = fields.text("description") { log.description = description }
        if let flag = fields.flag("enabled") { log.isEnabled = flag }
        return try work.change.updateLog(log, from: object)
    }

    func delete(_ object: StoredLog, _ work: Work) throws { try work.change.deleteLog(object) }
}

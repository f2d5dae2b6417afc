import GRDB

/// Log resources.
extension Change {
    package func createLog(_ wanted: StoredLog) throws -> StoredLog {
        try Quota.log.check(wanted.projectID, adding: 1, in: database)
        if let groupID = wanted.groupID, let interfaceID = wanted.interfaceID {
            let interface: StoredInterface = try find(interfaceID)
            guard interface.groups.contains(groupID) else {
                throw RegistryError(
                    .invalid(.logConstraint),
                    "Invalid resource constraint between resource (security_group \(groupID)) and target resource "
                        + "(port \(interfaceID)).")
            }
        }
        var log = wanted
        try insert(&log)
        try audit("log.create", log, after: try json(log))
        return log
    }

    package func updateLog(_ wanted: StoredLog, from former: StoredLog) throws -> StoredLog {
        var log = wanted
        guard log != former else { return former }
        try update(&log, from: former)
        try audit("log.update", log, before: try json(former), after: try json(log))
        return log
    }

    package func deleteLog(_ log: StoredLog) throws {
        try delete(log)
        try audit("log.delete", log, before: try json(log))
    }
}

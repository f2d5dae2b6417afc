package import GRDB

/// Words that owners put on objects.
extension Change {
    package func setTags<Object: StoredObject>(_ tags: [String], on object: Object) throws {
        let former = try Tags.of(Object.kind, object.id, in: database)
        guard Set(former) != Set(tags) else { return }
        try database.cachedStatement(sql: "DELETE FROM tag WHERE kind = ? AND objectID = ?")
            .execute(arguments: [Object.kind.rawValue, object.id])
        for tag in Set(tags) {
            try database.cachedStatement(sql: "INSERT INTO tag (kind, objectID, tag) VALUES (?, ?, ?)")
                .execute(arguments: [Object.kind.rawValue, object.id, tag])
        }
        var touched = object
        try touch(&touched)
        try audit("\(Object.kind.rawValue).tag", touched, before: try json(former), after: try json(tags.sorted()))
    }
}

/// Reads the tags of objects.
package enum Tags {
    package static func of(_ kind: Kind, _ id: String, in database: Database) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(sql: "SELECT tag FROM tag WHERE kind = ? AND objectID = ? ORDER BY tag"),
            arguments: [kind.rawValue, id])
    }

    /// The tags of every object of a kind that has some.
    package static func all(_ kind: Kind, in database: Database) throws -> [String: [String]] {
        var tags: [String: [String]] = [:]
        let rows = try Row.fetchCursor(
            database, sql: "SELECT objectID, tag FROM tag WHERE kind = ? ORDER BY objectID, tag",
            arguments: [kind.rawValue])
        while let row = try rows.next() { tags[row[0], default: []].append(row[1]) }
        return tags
    }
}

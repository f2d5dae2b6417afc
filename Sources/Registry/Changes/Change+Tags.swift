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

    /// The tags of some objects of a kind, those without left out.
    package static func of(_ kind: Kind, _ ids: [String], in database: Database) throws -> [String: [String]] {
        // Few objects are looked up one by one, many by reading them all.
        guard ids.count <= 8 else { return try all(kind, in: database) }
        var tags: [String: [String]] = [:]
        for id in ids {
            let own = try of(kind, id, in: database)
            if !own.isEmpty { tags[id] = own }
        }
        return tags
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

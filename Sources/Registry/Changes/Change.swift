import Foundation
package import GRDB
package import Model

/// One change under way: the operations write through it, and it writes the history, the revision and the trail.
///
/// Lives within one savepoint of the registry's queue; nothing of it is kept beyond.
package final class Change {
    package let database: Database
    package let actor: Actor
    package let instant = Timestamp.now
    /// The number that the change's revision gets, once something has changed.
    private var number: Int64?
    private let encoder: JSONEncoder
    /// There once this change has written to the trail.
    private var trail: TrailWriter?

    init(_ database: Database, by actor: Actor) {
        self.database = database
        self.actor = actor
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    /// The revision that this change makes; nil while nothing has changed.
    package var revision: Int64? { number }

    private func ensureRevision() throws -> Int64 {
        if let number { return number }
        try database.cachedStatement(
            sql: "INSERT INTO revision (madeAt, actor, requestID, action) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [instant.nanoseconds, actor.userName, actor.requestID, actor.action])
        number = database.lastInsertedRowID
        return database.lastInsertedRowID
    }

    // MARK: Objects

    /// Adds an object.
    ///
    /// - Returns: the object as the trail and the history hold it.
    @discardableResult package func insert<Object: StoredObject>(_ object: inout Object) throws -> String {
        object.createdAt = instant.nanoseconds
        object.updatedAt = instant.nanoseconds
        object.revisionNumber = 0
        try object.insert(database)
        return try remember(object)
    }

    /// Puts a changed object in place of its former state; an equal one changes nothing.
    package func update<Object: StoredObject>(_ object: inout Object, from former: Object) throws {
        guard object != former else { return }
        count(&object)
        try object.update(database)
        _ = try remember(object)
    }

    /// Counts a change of what belongs to an object, which itself is as it is stored: its revision number rises.
    package func touch<Object: StoredObject>(_ object: inout Object) throws {
        count(&object)
        try database.cachedStatement(
            sql: "UPDATE \(Object.kind.rawValue) SET revisionNumber = ?, updatedAt = ? WHERE id = ?"
        ).execute(arguments: [object.revisionNumber, object.updatedAt, object.id])
        _ = try remember(object)
    }

    private func count(_ object: inout some StoredObject) {
        object.revisionNumber += 1
        object.updatedAt = instant.nanoseconds
    }

    package func delete(_ object: some StoredObject) throws {
        _ = try object.delete(database)
        let kind = type(of: object).kind.rawValue
        try database.cachedStatement(sql: "DELETE FROM tag WHERE kind = ? AND objectID = ?")
            .execute(arguments: [kind, object.id])
        try write(kind: kind, id: object.id, body: nil)
    }

    private func remember<Object: StoredObject>(_ object: Object) throws -> String {
        let body = try json(object)
        try write(kind: Object.kind.rawValue, id: object.id, body: body)
        return body
    }

    private func write(kind: String, id: String, body: String?) throws {
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO history (kind, objectID, revision, body) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [kind, id, try ensureRevision(), body])
    }

    /// An object as the trail and the history hold it.
    package func json(_ object: some Encodable) throws -> String {
        String(decoding: try encoder.encode(object), as: UTF8.self)
    }

    // MARK: The trail

    /// Says in the trail what became of an object.
    package func audit<Object: StoredObject>(
        _ action: String, _ object: Object, before: String? = nil, after: String? = nil
    ) throws {
        try audit(action, Object.kind, id: object.id, name: object.name, before: before, after: after)
    }

    func audit(_ action: String, _ kind: Kind, id: String, name: String, before: String?, after: String?) throws {
        _ = try ensureRevision()
        try audit(
            AuditNote(
                action: action, targetKind: kind, targetID: id, targetName: name, before: before, after: after))
    }

    /// Says of each interface that carries a group what became of the group.
    func auditCarriers(of group: String, _ action: String, before: String?, after: String?) throws {
        _ = try ensureRevision()
        let carriers = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT interface.id, interface.name, audit_target.number
                    FROM interface_group JOIN interface ON interface.id = interfaceID
                    LEFT JOIN audit_target ON audit_target.id = interfaceID AND audit_target.kind = 'interface'
                    WHERE groupID = ? ORDER BY interfaceID
                    """), arguments: [group])
        var note = AuditNote(action: action, targetKind: .interface, before: before, after: after)
        while let carrier = try carriers.next() {
            note.targetID = carrier[0]
            note.targetName = carrier[1]
            note.targetNumber = carrier[2]
            try audit(note)
        }
    }

    package func audit(_ note: AuditNote) throws {
        var writer = try trail ?? TrailWriter(database)
        trail = nil
        try writer.append(note, by: actor, revision: number, at: instant)
        trail = writer
    }

    // MARK: Reading within the change

    package func find<Object: StoredObject>(_ id: String) throws -> Object {
        guard let object = try Object.stored(id, in: database) else { throw RegistryError.notFound(Object.kind, id) }
        return object
    }

    /// A new random UUID.
    package static func newID() -> String { UUID().uuidString.lowercased() }
}

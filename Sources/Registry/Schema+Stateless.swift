import GRDB

extension Schema {
    /// Version 5: stateless groups. Null is a stateful group, so that states that were written before can still be read.
    static func addStatelessGroups(_ database: Database) throws {
        try database.execute(sql: "ALTER TABLE security_group ADD COLUMN isStateful INTEGER")
    }
}

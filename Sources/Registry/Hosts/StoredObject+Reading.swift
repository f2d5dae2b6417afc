import Foundation
import GRDB
import Model

extension StoredObject {
    /// The objects that a request finds; a row that is none of them is told by its id.
    static func readAll(_ request: some FetchRequest, in database: Database) throws -> [Self] {
        try Row.fetchAll(database, request).map { try read($0) }
    }

    static func read(_ row: Row) throws -> Self {
        do {
            return try Self(row: row)
        } catch {
            let column = damagedColumn(of: row)
            throw RowReading(kind, row["id"]).fault(
                column ?? "unknown", column.flatMap { String.fromDatabaseValue(row[$0]) },
                "what it must be: \(error)")
        }
    }

    /// A decoder of lists does not say which column held them: it is the one without whose value the row can be read.
    private static func damagedColumn(of row: Row) -> String? {
        row.columnNames.first { column in
            ["[]", "{}"].contains { harmless in
                let values = row.map { ($0, $0 == column ? harmless.databaseValue : $1) }
                do {
                    _ = try Self(row: Row(Dictionary(values) { first, _ in first }))
                    return true
                } catch {
                    return false
                }
            }
        }
    }
}

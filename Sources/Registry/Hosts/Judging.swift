package import GRDB

/// Whether a host judges an interface, as its agent said last.
package enum Judging: Hashable, Sendable {
    case judged
    /// The device is not there; its name is judged as soon as it is.
    case awaited
    /// The host cannot judge it where it hangs; why, and what to do.
    case notEnforced(String)
}

extension Hosts {
    /// Keeps which of its interfaces a host does not judge, by their ids, and why; no reason where only the device is missing.
    ///
    /// What it says of other hosts' interfaces, and of none, is passed over.
    package static func note(
        unjudged told: [String: String?], at host: String, in database: Database
    ) throws {
        let own =
            told.isEmpty
            ? []
            : try String.fetchSet(
                database.cachedStatement(sql: "SELECT id FROM interface WHERE host = ?"), arguments: [host])
        let unjudged = told.filter { own.contains($0.key) }
        let rows = try Row.fetchAll(
            database.cachedStatement(sql: "SELECT interface, reason FROM unjudged_interface WHERE host = ?"),
            arguments: [host])
        let present = Dictionary(rows.map { ($0[0] as String, $0[1] as String?) }) { first, _ in first }
        guard present != unjudged else { return }
        try database.execute(sql: "DELETE FROM unjudged_interface WHERE host = ?", arguments: [host])
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO unjudged_interface (interface, host, reason) VALUES (?, ?, ?)")
        for (interface, reason) in unjudged { try insertion.execute(arguments: [interface, host, reason]) }
    }

    /// Whether an interface is judged at its host.
    package static func judging(
        of interface: String, at host: String, in database: Database
    ) throws -> Judging {
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT reason FROM unjudged_interface WHERE interface = ? AND host = ?"),
            arguments: [interface, host])
        guard let row else { return .judged }
        return (row[0] as String?).map { .notEnforced($0) } ?? .awaited
    }
}

package import GRDB
import Model

/// The newest manifest that was signed for each interface of a host: none is signed that would take its place.
package enum ManifestHeads {
    /// A manifest, as far as its chain goes.
    package struct Link: Sendable {
        package let interface: String
        /// When its chain began, in nanoseconds since 1970.
        package let chain: Int64
        package let number: Int
        /// SHA-256 of the file before; nil for the first.
        package let previous: String?
        /// SHA-256 of the line that is signed.
        package let digest: String
        /// SHA-256 of the file with the signature.
        package let file: String

        package init(
            interface: String, chain: Int64, number: Int, previous: String?, digest: String, file: String
        ) {
            self.interface = interface
            self.chain = chain
            self.number = number
            self.previous = previous
            self.digest = digest
            self.file = file
        }
    }

    /// Takes a manifest for the newest of its interface, where it is.
    ///
    /// - Returns: why it cannot be signed; nil where it is noted. The same manifest twice is no fault.
    package static func advance(to link: Link, of host: String, in database: Database) throws -> String? {
        guard try isKnown(link.interface, at: host, in: database) else {
            return "interface \(link.interface) never was on this host"
        }
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT chain, number, digest, file FROM manifest_head WHERE host = ? AND interface = ?"),
            arguments: [host, link.interface])
        if let row {
            let (chain, number, digest, file): (Int64, Int, String, String) = (row[0], row[1], row[2], row[3])
            if chain == link.chain, number == link.number, digest == link.digest { return nil }
            guard link.chain > chain || link.chain == chain && link.number > number else {
                return "manifest \(number) of a chain of \(Timestamp(nanoseconds: chain)) is signed already"
            }
            if link.chain == chain, link.number == number + 1, link.previous != file {
                return "it does not go on from manifest \(number), which was signed"
            }
        }
        try database.execute(
            sql: """
                INSERT INTO manifest_head (host, interface, chain, number, digest, file) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (host, interface) DO UPDATE
                SET chain = excluded.chain, number = excluded.number, digest = excluded.digest, file = excluded.file
                """, arguments: [host, link.interface, link.chain, link.number, link.digest, link.file])
        return nil
    }

    /// Whether an interface is or was a host's.
    private static func isKnown(_ interface: String, at host: String, in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM interface WHERE id = ?1 AND host = ?2) OR EXISTS
                      (SELECT 1 FROM history WHERE kind = ?3 AND objectID = ?1 AND json_extract(body, '$.host') = ?2)
                    """), arguments: [interface, host, Kind.interface.rawValue]) ?? false
    }
}

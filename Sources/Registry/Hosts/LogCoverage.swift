import Foundation
import GRDB
import Model

/// Which hosts a log resource can cover an interface of: those are told of it, and no others.
enum LogCoverage {
    /// What hosts are told of a log.
    static func resource(_ log: StoredLog) -> LogResource {
        LogResource(
            id: log.id, project: log.projectID, event: .init(rawValue: log.event.rawValue) ?? .all,
            group: log.groupID.flatMap { Identifier($0) }, interface: log.interfaceID.flatMap { Identifier($0) })
    }

    /// Whether a host with these interfaces, with these groups, of these projects is told of a log.
    static func concerns(
        _ log: StoredLog, interfaces: Set<String>, groups: Set<String>, projects: Set<String>
    ) -> Bool {
        projects.contains(log.projectID) && log.interfaceID.map(interfaces.contains) ?? true
            && log.groupID.map(groups.contains) ?? true
    }

    /// The same of all hosts, as the registry stands.
    static func hosts(_ log: StoredLog, in database: Database) throws -> Set<String> {
        // Most logs name a group or an interface, which few hosts have.
        var found: Set<String>?
        func meet(_ hosts: Set<String>) { found = found?.intersection(hosts) ?? hosts }
        if let interface = log.interfaceID {
            meet(try HostedInterface.hosts(where: "id = ?", [interface], in: database))
        }
        if let group = log.groupID {
            meet(
                try HostedInterface.hosts(
                    where: "id IN (SELECT interfaceID FROM interface_group WHERE groupID = ?)", [group], in: database))
        }
        if found?.isEmpty == true { return [] }
        let candidates = String(decoding: try JSONEncoder().encode(found.map(Array.init)), as: UTF8.self)
        return try HostedInterface.hosts(
            where: """
                (?1 = 'null' OR host IN (SELECT value FROM json_each(?1))) AND (projectID = ?2 OR EXISTS (
                  SELECT * FROM interface_group JOIN security_group AS carried ON carried.id = groupID
                  WHERE interfaceID = interface.id AND carried.projectID = ?2))
                """, [candidates, log.projectID], in: database)
    }
}

import Foundation
import GRDB

/// An interface as the policy of its host needs it.
struct HostedInterface {
    let id: String
    let projectID: String
    let vpcID: String
    let name: String
    let mac: String
    let deviceID: String
    let device: String
    let addresses: [StoredInterface.FixedAddress]
    let groups: [String]

    /// The interfaces that are in force on a host, in the order of their ids.
    static func all(onHost host: String, in database: Database) throws -> [HostedInterface] {
        let rows = try Row.fetchCursor(
            database.cachedStatement(
                sql: """
                    SELECT id, projectID, vpcID, name, mac, deviceID, device, addresses, groups FROM interface
                    WHERE host = ? AND isPortSecurityEnabled AND isAdminUp
                    """), arguments: [host])
        var found: [HostedInterface] = []
        while let row = try rows.next() {
            found.append(
                HostedInterface(
                    id: row[0], projectID: row[1], vpcID: row[2], name: row[3], mac: row[4], deviceID: row[5],
                    device: row[6], addresses: try fixedAddresses(row[7]), groups: try strings(row[8])))
        }
        return found.sorted { $0.id < $1.id }
    }

    // The two lists are most of what is read for a thousand hosts: what they nearly always look like is read without a JSON
    // decoder.

    static func strings(_ text: String) throws -> [String] {
        if let found = quoted(text) { return found }
        return try JSONDecoder().decode([String].self, from: Data(text.utf8))
    }

    static func fixedAddresses(_ text: String) throws -> [StoredInterface.FixedAddress] {
        if let found = quoted(text), let addresses = fixedAddresses(found) { return addresses }
        return try JSONDecoder().decode([StoredInterface.FixedAddress].self, from: Data(text.utf8))
    }

    /// Of names and values in the order in which the registry writes them; nil for another.
    private static func fixedAddresses(_ texts: [String]) -> [StoredInterface.FixedAddress]? {
        var addresses: [StoredInterface.FixedAddress] = []
        var rest = texts[...]
        while let first = rest.popFirst() {
            guard rest.count >= 3, first == "address", rest[rest.startIndex + 1] == "subnetID" else { return nil }
            addresses.append(.init(subnetID: rest[rest.startIndex + 2], address: rest[rest.startIndex]))
            rest = rest.dropFirst(3)
        }
        return addresses
    }

    /// The strings of a JSON text, names of members among them; nil where one has an escape.
    private static func quoted(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        var found: [String] = []
        var start: Int?
        for (place, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\\") { return nil }
            guard byte == UInt8(ascii: "\"") else { continue }
            if let begin = start { found.append(String(decoding: bytes[begin..<place], as: UTF8.self)) }
            start = start == nil ? place + 1 : nil
        }
        return found
    }
}

import ArgumentParser
import Foundation
import NIOHTTP1

/// How a command that manages objects reaches its control plane, which it must name.
struct ManagingOptions: ParsableArguments {
    @OptionGroup var remote: RemoteOptions

    func validate() throws {
        guard let server = remote.setting else {
            throw ValidationError(
                "--server: name the control plane, as https://NAME:PORT, or set GATEHOUSE_SERVER; and give --token-file FILE"
            )
        }
        try remote.access.check(server)
    }

    func client() throws -> VPCClient {
        guard let server = remote.setting else { throw NotFound("--server: no control plane is named") }
        return VPCClient(client: try remote.access.client(server))
    }
}

/// Asks a control plane's VPC API and its native one.
struct VPCClient: Sendable {
    let client: ServerClient

    private static let version = "version=2026-10-06&generation=2"

    /// Everything of a collection, page by page.
    func all<Row: Decodable & Sendable>(_ collection: String, _ query: String = "", as row: Row.Type) async throws
        -> [Row]
    {
        var rows: [Row] = []
        var start = ""
        while true {
            let path = "/v1/\(collection)?\(Self.version)&limit=100\(query)\(start)"
            let page = try Self.decode(Page<Row>.self, try await client.send(.GET, path))
            rows += page.rows
            guard let next = page.next?.href, let token = next.components(separatedBy: "start=").last else {
                return rows
            }
            start = "&start=\(token)"
        }
    }

    func make<Row: Decodable>(_ collection: String, _ body: [String: Any], as row: Row.Type) async throws -> Row {
        let bytes = Array(try JSONSerialization.data(withJSONObject: body))
        return try Self.decode(row, try await client.send(.POST, "/v1/\(collection)?\(Self.version)", bytes))
    }

    func change<Row: Decodable>(_ collection: String, _ id: String, _ body: [String: Any], as row: Row.Type)
        async throws
        -> Row
    {
        let bytes = Array(try JSONSerialization.data(withJSONObject: body))
        return try Self.decode(row, try await client.send(.PATCH, "/v1/\(collection)/\(id)?\(Self.version)", bytes))
    }

    func delete(_ collection: String, _ id: String) async throws {
        _ = try await client.send(.DELETE, "/v1/\(collection)/\(id)?\(Self.version)")
    }

    /// The one object of a name or id.
    func find<Row: Decodable & Sendable & Named>(_ name: String, in collection: String, as row: Row.Type) async throws
        -> Row
    {
        let found = try await all(collection, as: row).filter { $0.name == name || $0.id == name }
        guard let only = found.first else { throw NotFound("\(row.noun) \(name): there is none of this name or id") }
        guard found.count == 1 else {
            throw NotFound(
                "\(row.noun) \(name): there are \(found.count) of this name; give an id: "
                    + found.map(\.id).joined(separator: ", "))
        }
        return only
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw NotFound.otherServer
        }
    }

    private struct Page<Row: Decodable>: Decodable {
        struct Link: Decodable { let href: String }
        let rows: [Row]
        let next: Link?

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            next = try container.decodeIfPresent(Link.self, forKey: Key(stringValue: "next"))
            let known: Set = ["limit", "totalCount", "first", "next"]
            rows =
                try container.allKeys.first { !known.contains($0.stringValue) }
                .map { try container.decode([Row].self, forKey: $0) } ?? []
        }
    }
}

/// An object that commands take by name or id.
protocol Named {
    /// The word for it in errors.
    static var noun: String { get }
    var id: String { get }
    var name: String { get }
}

/// A short form that one object shows of another.
struct ObjectReference: Decodable, Sendable {
    let id: String?
    let name: String
    let resourceType: String?
}

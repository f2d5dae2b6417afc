import Foundation
import Model
import NIOHTTP1
import Registry
import Server
import Service

/// Asks a control plane by its native interface.
struct RemoteSource: OperatingSource {
    let client: ServerClient

    var address: String { client.server.value }

    func hosts() async throws -> [JSON] { try await ask(.GET, "/api/hosts").list("hosts") }

    func invite(_ host: String) async throws -> String {
        let body = JSON.object(["host": .object(["name": .string(host)])])
        guard let token = try await ask(.POST, "/api/hosts", body.bytes)["enrolment"]?["token"]?.text else {
            throw NotFound.otherServer
        }
        return token
    }

    func revoke(_ host: String) async throws {
        _ = try await client.send(.DELETE, "/api/hosts/\(Self.encoded(host))")
    }

    func trail(_ query: AuditQuery) async throws -> (entries: [JSON], effects: [JSON]) {
        let conditions: [(String, String?)] = [
            ("target", query.target), ("kind", query.kind?.rawValue), ("actor", query.actor),
            ("request", query.requestID), ("action", query.action), ("outcome", query.outcome),
            ("since", query.since.map { Timestamp(nanoseconds: $0).description }),
            ("until", query.until.map { Timestamp(nanoseconds: $0).description }), ("limit", "\(query.limit)"),
        ]
        let pairs = conditions.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
        let answer = try await ask(.GET, "/api/audit?" + pairs.joined(separator: "&"))
        return (try answer.list("entries"), query.requestID == nil ? [] : try answer.list("effects"))
    }

    func soundness() async throws -> JSON { try await ask(.GET, "/api/audit/verify") }

    func seal(_ reason: String) async throws -> JSON {
        let body = JSON.object(["seal": .object(["reason": .string(reason)])])
        return try await ask(.POST, "/api/audit/seal", body.bytes)
    }

    private func ask(_ method: HTTPMethod, _ path: String, _ body: [UInt8] = []) async throws -> JSON {
        guard let answer = JSON(parsing: try await client.send(method, path, body)) else {
            throw NotFound.otherServer
        }
        return answer
    }

    /// Percent-encoded for a path's part or a query's value.
    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", "_", "."])) ?? text
    }
}

extension JSON {
    /// The items of a member; their absence means another version.
    fileprivate func list(_ name: String) throws -> [JSON] {
        guard let items = self[name]?.items else { throw NotFound.otherServer }
        return items
    }
}

extension NotFound {
    static let otherServer = NotFound("the control plane answered something else: it is of another version")
}

import Foundation
import GRDB
import Host
import Model
package import Registry

/// What a fresh server begins with: projects, users with password files, roles and API tokens.
///
/// ```yaml
/// projects: [{name: demo}]
/// users: [{name: admin, password_file: admin.pw, roles: [{project: demo, role: admin}]}]
/// tokens: [{name: ci, token_file: ci.token, user: admin, project: demo}]
/// buckets: [{name: flowlogs, url: "file:buckets/flowlogs", project: demo}]
/// ```
///
/// Secrets are in files of their own, whose paths count from the file's folder; a line feed at their end is not part of
/// them. Applied again it sets what has changed and takes nothing away.
package struct Bootstrap: Sendable {
    /// A fault of the file: where, what was found, what is wanted.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    private struct UserEntry: Sendable {
        let name: String
        let password: String?
        let roles: [(project: String, role: Role)]
    }

    private struct TokenEntry: Sendable {
        let name: String
        let token: String
        let user: String
        let project: String
    }

    private var projects: [(name: String, description: String)] = []
    private var users: [UserEntry] = []
    private var tokens: [TokenEntry] = []
    /// A bucket without a project is for all of them.
    private var buckets: [(name: String, url: String, project: String?)] = []

    /// Reads the file and the secrets that it names.
    package init(path: String) throws {
        guard let bytes = try DurableFile.read(path) else {
            throw Fault(description: "--bootstrap \(path): there is no such file")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard let document = try Self.load(bytes, path) as? [String: Any] else {
            throw Fault(description: "\(path): not a mapping; it has projects, users, tokens and buckets")
        }
        try Self.check(document, ["projects", "users", "tokens", "buckets"], path)
        for (place, entry) in try Self.list(document, "projects", path) {
            try Self.check(entry, ["name", "description"], place)
            projects.append((try Self.text(entry, "name", place), entry["description"] as? String ?? ""))
        }
        for (place, entry) in try Self.list(document, "users", path) { try readUser(entry, place, folder) }
        for (place, entry) in try Self.list(document, "tokens", path) { try readToken(entry, place, folder) }
        for (place, entry) in try Self.list(document, "buckets", path) {
            try Self.check(entry, ["name", "url", "project"], place)
            let (name, url) = (try Self.text(entry, "name", place), try Self.text(entry, "url", place))
            if let fault = BucketProbe.fault(name: name, url: url, dataFolder: folder) {
                throw Fault(description: "\(place)\(fault)")
            }
            let project = entry["project"] == nil ? nil : try Self.text(entry, "project", place)
            if let project, !projects.contains(where: { $0.name == project }) {
                throw Fault(description: "\(place).project: \"\(project)\" is not among the projects; name it there")
            }
            buckets.append((name, url, project))
        }
    }

    private static func load(_ bytes: [UInt8], _ path: String) throws -> Any? {
        do {
            return try YAMLText.load(String(decoding: bytes, as: UTF8.self))
        } catch {
            throw Fault(description: "\(path): \(error)")
        }
    }

    private mutating func readUser(_ entry: [String: Any], _ place: String, _ folder: String) throws {
        try Self.check(entry, ["name", "password_file", "roles"], place)
        var roles: [(project: String, role: Role)] = []
        for (inner, role) in try Self.list(entry, "roles", place) {
            try Self.check(role, ["project", "role"], inner)
            let name = try Self.text(role, "role", inner)
            guard let known = Role(rawValue: name) else {
                let all = Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw Fault(description: "\(inner).role: \"\(name)\" is no role; there are \(all)")
            }
            let project = try Self.text(role, "project", inner)
            guard projects.contains(where: { $0.name == project }) else {
                throw Fault(description: "\(inner).project: \"\(project)\" is not among the projects; name it there")
            }
            roles.append((project, known))
        }
        users.append(
            UserEntry(
                name: try Self.text(entry, "name", place),
                password: try (entry["password_file"] as? String).map {
                    try Self.secret($0, folder, place + ".password_file")
                },
                roles: roles))
    }

    private mutating func readToken(_ entry: [String: Any], _ place: String, _ folder: String) throws {
        try Self.check(entry, ["name", "token_file", "user", "project"], place)
        let token = try Self.secret(try Self.text(entry, "token_file", place), folder, place + ".token_file")
        guard token.utf8.count >= 16 else {
            throw Fault(description: "\(place).token_file: the token has fewer than 16 characters; make a longer one")
        }
        let user = try Self.text(entry, "user", place)
        guard users.contains(where: { $0.name == user }) else {
            throw Fault(description: "\(place).user: \"\(user)\" is not among the users; name it there")
        }
        let project = try Self.text(entry, "project", place)
        guard projects.contains(where: { $0.name == project }) else {
            throw Fault(description: "\(place).project: \"\(project)\" is not among the projects; name it there")
        }
        tokens.append(
            TokenEntry(name: try Self.text(entry, "name", place), token: token, user: user, project: project))
    }

    // MARK: Reading

    private static func list(_ document: [String: Any], _ key: String, _ place: String) throws -> [(
        String, [String: Any]
    )] {
        guard let value = document[key], !(value is NSNull) else { return [] }
        guard let items = value as? [Any] else { throw Fault(description: "\(place): \(key) is not a list") }
        return try items.enumerated().map { index, item in
            guard let entry = item as? [String: Any] else {
                throw Fault(description: "\(place): \(key)[\(index)] is not a mapping")
            }
            return ("\(place): \(key)[\(index)]", entry)
        }
    }

    private static func check(_ entry: [String: Any], _ known: [String], _ place: String) throws {
        let unknown = entry.keys.filter { !known.contains($0) }.sorted()
        guard let first = unknown.first else { return }
        throw Fault(description: "\(place): unknown key \"\(first)\"; known are \(known.joined(separator: ", "))")
    }

    private static func text(_ entry: [String: Any], _ key: String, _ place: String) throws -> String {
        guard let value = entry[key] else { throw Fault(description: "\(place): \(key) is missing") }
        guard let text = value as? String, !text.isEmpty else {
            throw Fault(description: "\(place).\(key): \"\(value)\" is no text; write it in quotes")
        }
        return text
    }

    private static func secret(_ name: String, _ folder: String, _ place: String) throws -> String {
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        guard let bytes = try DurableFile.read(path) else {
            throw Fault(description: "\(place): there is no file \(path)")
        }
        var text = String(decoding: bytes, as: UTF8.self)
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw Fault(description: "\(place): file \(path) is empty") }
        return text
    }

    // MARK: Applying

    package func apply(to registry: Registry) async throws {
        // Hashing takes its time: not within the change.
        let known = try await registry.read { database in
            try users.map { try Identity.user(named: $0.name, in: database)?.passwordHash }
        }
        let hashes = try zip(users, known).map { user, former -> String? in
            guard let password = user.password else { return nil }
            if let former, Password.matches(password, former) { return nil }
            return try Password.hash(password)
        }
        let actor = Actor.system("bootstrap", requestID: "req-\(Change.newID())")
        try await registry.change(by: actor) { change in
            for project in projects { try change.createProject(name: project.name, description: project.description) }
            for (user, hash) in zip(users, hashes) {
                let stored = try change.setUser(name: user.name, passwordHash: hash)
                for role in user.roles {
                    guard let project = try Identity.project(named: role.project, in: change.database) else { continue }
                    try change.grant(role.role, to: stored, in: project)
                }
            }
            for token in tokens {
                guard let user = try Identity.user(named: token.user, in: change.database),
                    let project = try Identity.project(named: token.project, in: change.database)
                else { continue }
                try change.setToken(named: token.name, text: token.token, user: user, project: project)
            }
            for bucket in buckets {
                let owner =
                    try bucket.project.flatMap { try Identity.project(named: $0, in: change.database)?.id } ?? ""
                let known = try StoredBucket.filter(Column("projectID") == owner && Column("name") == bucket.name)
                    .fetchOne(change.database)
                if let known, known.url != bucket.url {
                    throw Fault(
                        description: "buckets: \"\(bucket.name)\" is \(known.url) here, and a bucket never moves; give "
                            + "\(bucket.url) another name")
                }
                guard known == nil else { continue }
                _ = try change.createBucket(
                    StoredBucket(id: Change.newID(), projectID: owner, name: bucket.name, url: bucket.url))
            }
        }
    }
}

import Foundation
import Model
import Registry
import Service

/// The body of `POST /v3/users/ID/application_credentials`.
///
/// Nothing of it is passed over: a restriction that was not understood would be believed to hold.
struct CredentialRequest: Sendable {
    /// What is wrong with a body.
    struct Fault: Error, CustomStringConvertible {
        let description: String

        init(_ field: String, _ words: String) { description = "application_credential.\(field): \(words)" }
    }

    let name: String
    let description: String
    /// nil to have one made.
    let secret: String?
    /// As they were given; without any, those of the session.
    let roles: Set<Role>
    /// Nanoseconds since 1970.
    let expiresAt: Int64?
    let isUnrestricted: Bool

    private static let members: Set<String> = [
        "name", "description", "secret", "roles", "expires_at", "unrestricted", "access_rules", "user_id", "project_id",
    ]

    init(_ document: JSON, by session: Session, in project: Project) throws(Fault) {
        guard let body = document["application_credential"]?.members else {
            throw Fault("name", "application_credential is wanted: an object with a name")
        }
        if let unknown = body.keys.first(where: { !Self.members.contains($0) }) {
            throw Fault(
                Limit.textOfEntry.cut(unknown),
                "there is no such member; use \(Self.members.sorted().joined(separator: ", "))")
        }
        guard let name = body["name"]?.text, !name.isEmpty, Limit.nameText.admits(name) else {
            throw Fault("name", "a text of 1 to \(Limit.nameText.bound) bytes is wanted")
        }
        self.name = name
        description = try Self.text("description", .nameText, body) ?? ""
        secret = try Self.text("secret", .secretText, body)
        if let secret, secret.utf8.count < 20 {
            throw Fault("secret", "fewer than 20 characters; leave it out to have one made")
        }
        for (field, own) in [("user_id", session.user.id), ("project_id", project.id)] {
            guard let other = try Self.text(field, .nameText, body), other != own else { continue }
            throw Fault(field, "\"\(other)\" is not the caller's own, which is taken when it is left out")
        }
        switch body["access_rules"] {
        case nil, .null, .array([]): break
        default:
            throw Fault(
                "access_rules",
                "rules for single requests are not enforced here, so none is taken; leave them out, and give fewer roles"
            )
        }
        guard
            let isUnrestricted = (body["unrestricted"] ?? .bool(false)).flag
                ?? (body["unrestricted"] == .null ? false : nil)
        else { throw Fault("unrestricted", "true or false is wanted") }
        self.isUnrestricted = isUnrestricted
        roles = try Self.roles(body["roles"] ?? .null, of: session)
        expiresAt = try Self.expiry(body["expires_at"] ?? .null)
    }

    private static func text(_ field: String, _ limit: Limit, _ body: JSONObject) throws(Fault) -> String? {
        guard let value = body[field], value != .null else { return nil }
        guard let text = value.text else { throw Fault(field, "a text is wanted") }
        guard limit.admits(text) else { throw Fault(field, "more than \(limit.bound) bytes; send fewer") }
        return text
    }

    /// Each is `{"name"}` or `{"id"}`, and one that the session has.
    private static func roles(_ value: JSON, of session: Session) throws(Fault) -> Set<Role> {
        guard value != .null, value != .array([]) else { return session.roles }
        guard let items = value.items else {
            throw Fault("roles", "a list like [{\"name\": \"reader\"}] is wanted")
        }
        var roles: Set<Role> = []
        for (place, item) in items.enumerated() {
            let field = "roles[\(place)]"
            guard let members = item.members, members.keys.count == 1,
                let text = members["name"]?.text ?? members["id"]?.text
            else { throw Fault(field, "{\"name\": \"reader\"} or {\"id\": …} is wanted") }
            let isName = members["name"] != nil
            guard let role = Role.allCases.first(where: { (isName ? $0.rawValue : $0.id) == text }),
                session.roles.contains(role)
            else {
                throw Fault(
                    field,
                    "the caller has no role \"\(Limit.textOfEntry.cut(text))\" to give; it has "
                        + session.roles.map(\.rawValue).sorted().joined(separator: ", "))
            }
            roles.insert(role)
        }
        return roles
    }

    private static func expiry(_ value: JSON) throws(Fault) -> Int64? {
        guard value != .null else { return nil }
        guard let text = value.text, let instant = instant(text) else {
            throw Fault(
                "expires_at", "\(Limit.textOfEntry.cut("\(value)")) is no time like 2026-11-21T10:00:00.000000")
        }
        // As Keystone: what is over already is a mistake.
        guard instant > Timestamp.now.nanoseconds else {
            throw Fault("expires_at", "\"\(Limit.textOfEntry.cut(text))\" is over; name a time to come")
        }
        return instant
    }

    private static func instant(_ text: String) -> Int64? {
        let whole = text.hasSuffix("Z") ? text : text + "Z"
        let formats: [Date.ISO8601FormatStyle] = [
            .iso8601, Date.ISO8601FormatStyle(includingFractionalSeconds: true),
        ]
        return formats.lazy.compactMap { try? $0.parse(whole) }.first.map {
            Timestamp(secondsSince1970: $0.timeIntervalSince1970).nanoseconds
        }
    }
}

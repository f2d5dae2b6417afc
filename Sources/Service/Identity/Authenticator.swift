import Crypto
import Dispatch
import Foundation
package import HTTPTypes
import Model
package import Registry
import Synchronization

/// Finds out who calls: by token, by API key, by name and password, or nobody where that is switched on.
package final class Authenticator: Sendable {
    private let registry: Registry
    /// Every secret is shown through it.
    package let gate: LoginGate
    /// Whether calls from this machine without any credentials are the administrator's.
    private let admitsAnonymous: Bool
    /// Digests of names and passwords that were right, until when: a password costs 40 ms to check.
    private let known = Mutex<[Data: (userID: String, until: Int64)]>([:])
    private let passwords = PasswordQueue()

    package init(_ registry: Registry, admitsAnonymous: Bool, gate: LoginGate = LoginGate()) {
        self.registry = registry
        self.gate = gate
        self.admitsAnonymous = admitsAnonymous
    }

    /// The session that a call's headers stand for; nil when they stand for none.
    package func session(of call: Call) async throws -> Session? {
        let session = try await found(call)
        if session?.roles.isEmpty == false { call.onKnown() }
        return session
    }

    private func found(_ call: Call) async throws -> Session? {
        if let token = call.headers[.authToken], token != "notused" {
            return try await session(provenBy: token, call)
        }
        if let header = call.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0].lowercased() == "bearer" {
                return try await session(provenBy: String(parts[1]), call)
            }
            guard parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) else { return nil }
            let pair = String(decoding: data, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            for part in pair { try Call.check(part, of: "header Authorization") }
            guard pair.count == 2 else { return nil }
            let (name, password) = (String(pair[0]), String(pair[1]))
            guard Limit.nameText.admits(name), Limit.secretText.admits(password) else {
                throw Refusal.badRequest(
                    "header Authorization: the name has more than \(Limit.nameText.bound) bytes, or the password more "
                        + "than \(Limit.secretText.bound).")
            }
            guard let user = try await user(name, password, call) else { return nil }
            return try await registry.read {
                try Identity.session(of: user.id, project: user.defaultProjectID, in: $0)
            }
        }
        return admitsAnonymous && call.isLocal ? Self.anonymous : nil
    }

    /// The session of a token that is shown; nil when there is none.
    ///
    /// Asked anew for every call: what was taken back a moment ago, by whatever process, is good for nothing.
    package func session(provenBy token: String, _ call: Call) async throws -> Session? {
        guard Limit.tokenText.admits(token) else {
            throw Refusal.badRequest("The token has more than \(Limit.tokenText.bound) bytes.")
        }
        return try await gate.attempt(.token, Self.account(token), call) { [registry] in
            let now = Timestamp.now.nanoseconds
            return try await registry.read { try Identity.session(ofToken: token, at: now, in: $0) }
        }
    }

    /// The session of an API token given as a key; nil when it is none.
    package func session(ofKey key: String, _ call: Call) async throws -> Session? {
        try await gate.attempt(.apiKey, Self.account(key), call) { [registry] in
            let now = Timestamp.now.nanoseconds
            let found = try await registry.read { try Identity.session(ofToken: key, at: now, in: $0) }
            return found?.token?.kind == "api" ? found : nil
        }
    }

    /// Tokens are counted by their digests.
    private static func account(_ token: String) -> String { hexadecimal(Identity.hash(ofToken: token).prefix(16)) }

    /// Who calls when nobody says who: the administrator of this machine.
    private static let anonymous = Session(
        user: User(id: "anonymous", name: "anonymous"), project: nil, roles: Set(Role.admin.implied))

    /// The user of a name and password; nil when they don't belong together.
    ///
    /// - Throws: `RegistryError` with `tooManyAttempts` after too many wrong ones.
    package func user(_ name: String, _ password: String, _ call: Call) async throws -> User? {
        try await gate.attempt(.password, name, call) { try await proven(name, password) }
    }

    private func proven(_ name: String, _ password: String) async throws -> User? {
        let now = Timestamp.now.nanoseconds
        let user = try await registry.read { try Identity.user(named: name, in: $0) }
        let digest = Data(
            SHA256.hash(data: Data("\(name)\u{0}\(password)\u{0}\(user?.passwordHash ?? "")".utf8)))
        let isKnown = known.withLock { ($0[digest]?.until ?? 0) > now }
        if !isKnown {
            guard try await passwords.matches(password, user?.passwordHash ?? Password.nobody) else { return nil }
        }
        guard let user, user.isEnabled, user.passwordHash != nil else { return nil }
        known.withLock { known in
            if known.count > 1000 { known = known.filter { $0.value.until > now } }
            if known.count > 1000 { known = [:] }
            known[digest] = (user.id, now + 60_000_000_000)
        }
        return user
    }
}

/// Checks passwords one at a time, so that several guesses do not take all cores; further than `Limit.waitingPasswords` none waits.
private final class PasswordQueue: Sendable {
    private let queue = DispatchQueue(label: "gatehouse.passwords")
    private let waiting = Mutex(0)

    func matches(_ password: String, _ hash: String) async throws -> Bool {
        let mayWait = waiting.withLock { waiting in
            guard waiting < Limit.waitingPasswords.bound else { return false }
            waiting += 1
            return true
        }
        guard mayWait else {
            throw RegistryError(.tooManyAttempts, "Too many passwords wait to be checked; try again in a minute.")
        }
        defer { waiting.withLock { $0 -= 1 } }
        return await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Password.matches(password, hash)) }
        }
    }
}

extension HTTPField.Name {
    static let authToken = Self("X-Auth-Token") ?? .authorization
    package static let subjectToken = Self("X-Subject-Token") ?? .authorization
    package static let requestID = Self("X-Openstack-Request-Id") ?? .server
    package static let forwardedProtocol = Self("X-Forwarded-Proto") ?? .server
    package static let forwardedHost = Self("X-Forwarded-Host") ?? .server
}

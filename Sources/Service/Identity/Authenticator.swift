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
    private let limiter = LoginLimiter()
    /// Whether calls from this machine without any credentials are the administrator's.
    private let admitsAnonymous: Bool
    /// Digests of names and passwords that were right, until when: a password costs 40 ms to check.
    private let known = Mutex<[Data: (userID: String, until: Int64)]>([:])
    /// Sessions looked up in the last second, by the token's digest; a revoked token is taken out.
    private let sessions = Mutex<[Data: (session: Session, until: Int64)]>([:])
    /// Keeps several guesses from taking all cores.
    private let passwords = DispatchQueue(label: "gatehouse.passwords")

    package init(_ registry: Registry, admitsAnonymous: Bool) {
        self.registry = registry
        self.admitsAnonymous = admitsAnonymous
    }

    /// The session that a call's headers stand for; nil when they stand for none.
    package func session(of call: Call) async throws -> Session? {
        let now = Timestamp.now.nanoseconds
        if let token = call.headers[.authToken], token != "notused" {
            return try await session(ofToken: token, at: now)
        }
        if let header = call.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2 else { return nil }
            if parts[0].lowercased() == "bearer" {
                return try await session(ofToken: String(parts[1]), at: now)
            }
            guard parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])) else { return nil }
            let pair = String(decoding: data, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, let user = try await user(String(pair[0]), String(pair[1]), call) else { return nil }
            return try await registry.read {
                try Identity.session(of: user.id, project: user.defaultProjectID, token: nil, in: $0)
            }
        }
        return admitsAnonymous && call.isLocal ? Self.anonymous : nil
    }

    private func session(ofToken token: String, at now: Int64) async throws -> Session? {
        let digest = Identity.hash(ofToken: token)
        if let known = sessions.withLock({ $0[digest] }), known.until > now { return known.session }
        let found = try await registry.read { try Identity.session(ofToken: token, at: now, in: $0) }
        sessions.withLock { sessions in
            if sessions.count > 10_000 { sessions = sessions.filter { $0.value.until > now } }
            let end = min(now + 1_000_000_000, found?.token?.expiresAt ?? .max)
            sessions[digest] = found.map { ($0, end) }
        }
        return found
    }

    /// The session of an API token given as a key; nil when it is none. Wrong ones are counted as wrong passwords are.
    package func session(ofKey key: String, _ call: Call) async throws -> Session? {
        let now = Timestamp.now.nanoseconds
        guard limiter.admits("apikey", from: call.source, at: now) else {
            throw RegistryError(.tooManyAttempts, "Too many failed logins; try again in a minute.")
        }
        let found = try await registry.read { try Identity.session(ofToken: key, at: now, in: $0) }
        guard let found, found.token?.kind == "api" else {
            limiter.noteFailure("apikey", from: call.source, at: now)
            return nil
        }
        limiter.noteSuccess("apikey", from: call.source)
        return found
    }

    /// Forgets what is known of a token that was revoked.
    package func forget(_ token: String) { sessions.withLock { $0[Identity.hash(ofToken: token)] = nil } }

    /// Who calls when nobody says who: the administrator of this machine.
    private static let anonymous = Session(
        user: User(id: "anonymous", name: "anonymous"), project: nil, roles: Set(Role.admin.implied))

    /// The user of a name and password; nil when they don't belong together.
    ///
    /// - Throws: `RegistryError` with `tooManyAttempts` after too many wrong ones.
    package func user(_ name: String, _ password: String, _ call: Call) async throws -> User? {
        let now = Timestamp.now.nanoseconds
        guard limiter.admits(name, from: call.source, at: now) else {
            throw RegistryError(.tooManyAttempts, "Too many failed logins; try again in a minute.")
        }
        let user = try await registry.read { try Identity.user(named: name, in: $0) }
        let digest = Data(
            SHA256.hash(data: Data("\(name)\u{0}\(password)\u{0}\(user?.passwordHash ?? "")".utf8)))
        let isKnown = known.withLock { ($0[digest]?.until ?? 0) > now }
        let isRight: Bool
        if isKnown {
            isRight = true
        } else {
            isRight = await check(password, user?.passwordHash ?? Password.nobody)
        }
        guard isRight, let user, user.isEnabled, user.passwordHash != nil else {
            limiter.noteFailure(name, from: call.source, at: now)
            return nil
        }
        limiter.noteSuccess(name, from: call.source)
        known.withLock { known in
            if known.count > 1000 { known = known.filter { $0.value.until > now } }
            known[digest] = (user.id, now + 60_000_000_000)
        }
        return user
    }

    private func check(_ password: String, _ hash: String) async -> Bool {
        await withCheckedContinuation { continuation in
            passwords.async { continuation.resume(returning: Password.matches(password, hash)) }
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

package import Model
import Registry

/// The one way to prove who one is: no secret is looked at beyond the limits of its method.
package final class LoginGate: Sendable {
    private let limiter = LoginLimiter()
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: Tells the time by which attempts are counted.
    package init(now: @escaping @Sendable () -> Timestamp = { Timestamp.now }) {
        self.now = now
    }

    /// Lets somebody try to prove who they are.
    ///
    /// - Parameters:
    ///   - method: What is shown.
    ///   - account: Whom it would prove; of methods without an account, a digest of the secret.
    ///   - call: The request.
    ///   - prove: Looks at what is shown; nil when it is not right.
    /// - Returns: what `prove` gave.
    /// - Throws: `RegistryError` with `tooManyAttempts` beyond the limits, and what `prove` throws.
    package func attempt<Proof>(
        _ method: LoginMethod, _ account: String, _ call: Call, prove: () async throws -> Proof?
    ) async throws -> Proof? {
        let now = now().nanoseconds
        let (account, source) = (Limit.nameText.cut(account), CallerNetwork.of(call.source))
        guard limiter.admits(method, account, from: source, at: now) else {
            throw RegistryError(.tooManyAttempts, "Too many failed logins; try again in a minute.")
        }
        guard let proof = try await prove() else {
            limiter.noteFailure(method, account, from: source, at: now)
            return nil
        }
        limiter.noteSuccess(method, account, from: source, at: now)
        return proof
    }
}

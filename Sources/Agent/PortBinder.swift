package import Link
import Synchronization

/// Asks the control plane to bind ports, beside the agent's loop, which never waits for it.
package final class PortBinder: Sendable {
    /// Sends a request and gives the answer.
    package typealias Ask = @Sendable (PortBindingRequest) async throws -> PortBindingAnswer

    enum Outcome {
        case waits
        /// It is bound, or was let go of; the port's id.
        case done(port: String)
        case refused(String)
    }

    private let ask: Ask
    private let outcomes = Mutex<[PortBindingRequest: Outcome]>([:])

    package init(_ ask: @escaping Ask) { self.ask = ask }

    /// How it stands; begins to ask where nobody has.
    func outcome(of request: PortBindingRequest) -> Outcome {
        let known = outcomes.withLock { outcomes in
            defer { outcomes[request] = outcomes[request] ?? .waits }
            return outcomes[request]
        }
        if let known { return known }
        Task.detached { [self] in
            let outcome: Outcome
            do {
                outcome = .done(port: try await ask(request).port)
            } catch {
                outcome = .refused("\(error)")
            }
            outcomes.withLock { $0[request] = outcome }
        }
        return .waits
    }

    /// Forgets an outcome that was told.
    func forget(_ request: PortBindingRequest) { outcomes.withLock { $0[request] = nil } }
}

import HTTPTypes
import Logging
import Registry
import Service
import Telemetry

/// `/health`: alive.
struct HealthAPI: MountedAPI {
    let mounts = [["health"]]
    let routes = [APIRoute(.get, "")]

    func answer(_ call: Call) throws -> Answer {
        return Answer(.ok, .object(["status": "alive"]))
    }
}

/// `/ready`: able to work. Strangers ask: it says no more than that.
struct ReadyAPI: MountedAPI {
    let registry: Registry
    let logger: Logger
    let mounts = [["ready"]]
    let routes = [APIRoute(.get, "")]

    func answer(_ call: Call) async throws -> Answer {
        do {
            _ = try await registry.read { try Revisions.newest(in: $0) }
            return Answer(.ok, .object(["status": "ready"]))
        } catch {
            logger.error("not ready", metadata: ["request": "\(call.requestID)", "reason": "\(error)"])
            return Answer(
                .serviceUnavailable,
                .object([
                    "status": "not ready", "reason": "The registry cannot be read; the server's log says why.",
                ]))
        }
    }
}

/// `/metrics`: counts, in Prometheus' text format, for who has the right `get_metrics`.
struct MetricsAPI: MountedAPI {
    let registry: Registry
    let authenticator: Authenticator
    let policy: @Sendable () -> AccessPolicy
    let hosts: HostService
    let metrics: Metrics
    let mounts = [["metrics"]]
    let routes = [APIRoute(.get, "")]

    func answer(_ call: Call) async throws -> Answer {
        guard let session = try await authenticator.session(of: call) else { throw Refusal.unauthenticated }
        if let denied = policy().denial(of: "get_metrics", session) { throw Refusal.forbidden(denied) }
        let counts = try await registry.read { try RegistryCounts($0) }
        return Answer(text: metrics.page(counts, hosts), type: MetricsStore.contentType)
    }
}

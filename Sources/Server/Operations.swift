import HTTPTypes
import Registry
import Service

/// `/health`: alive.
struct HealthAPI: MountedAPI {
    let mounts = [["health"]]

    func answer(_ call: Call) throws -> Answer {
        guard call.method == .get, call.path.isEmpty else { throw Refusal.nothingHere }
        return Answer(.ok, .object(["status": "alive"]))
    }
}

/// `/ready`: able to work.
struct ReadyAPI: MountedAPI {
    let registry: Registry
    let mounts = [["ready"]]

    func answer(_ call: Call) async throws -> Answer {
        guard call.method == .get, call.path.isEmpty else { throw Refusal.nothingHere }
        do {
            let revision = try await registry.read { try Revisions.newest(in: $0) }
            return Answer(.ok, .object(["status": "ready", "revision": .int(Int(revision))]))
        } catch {
            return Answer(
                .serviceUnavailable, .object(["status": "not ready", "reason": .string("registry: \(error)")]))
        }
    }
}

/// `/metrics`: counts, in Prometheus' text format.
struct MetricsAPI: MountedAPI {
    let registry: Registry
    let hosts: HostService
    let counters: RequestCounters
    let mounts = [["metrics"]]

    func answer(_ call: Call) async throws -> Answer {
        guard call.method == .get, call.path.isEmpty else { throw Refusal.nothingHere }
        let counts = try await registry.read { try RegistryCounts($0) }
        let rows =
            [
                ("gatehouse_registry_revision", Int(counts.revision)),
                ("gatehouse_registry_audit_entries_total", counts.auditEntries),
            ] + counts.objects.map { ("gatehouse_registry_objects{kind=\"\($0.quota.rawValue)\"}", $0.count) }
        let requests = counters.all.map { ("gatehouse_server_requests_total{status=\"\($0.key)\"}", $0.value) }
        let failures = [
            ("gatehouse_hosts_connected", hosts.connected.count), ("gatehouse_hosts_untold", hosts.untold),
            ("gatehouse_hosts_telling_failures_total", hosts.tellingFailures),
            ("gatehouse_server_failures_total", counters.failures),
        ]
        let lines = (rows + requests.sorted { $0.0 < $1.0 } + failures).map { "\($0.0) \($0.1)\n" }
        return Answer(text: lines.joined(), type: "text/plain; version=0.0.4; charset=utf-8")
    }
}

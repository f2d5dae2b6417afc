import GRDB
import HTTPTypes
import Registry
import Synchronization

/// `/health` says alive, `/ready` says able to work, `/metrics` counts.
struct OperationsService: Sendable {
    let registry: Registry
    let hosts: HostService
    let counters = RequestCounters()

    func answer(_ call: Call) async throws -> Answer {
        guard call.method == .get, call.path.count == 1 else { return NeutronError.resourceMissing.answer }
        switch call.path[0] {
        case "health": return Answer(.ok, .object(["status": "alive"]))
        case "ready": return await ready()
        default: return Answer(text: try await metrics(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private func ready() async -> Answer {
        do {
            let revision = try await registry.read {
                try Int.fetchOne($0, sql: "SELECT max(number) FROM revision") ?? 0
            }
            return Answer(.ok, .object(["status": "ready", "revision": .int(revision)]))
        } catch {
            return Answer(
                .serviceUnavailable, .object(["status": "not ready", "reason": .string("registry: \(error)")]))
        }
    }

    private func metrics() async throws -> String {
        let rows = try await registry.read { database in
            [
                (
                    "gatehouse_registry_revision",
                    try Int.fetchOne(database, sql: "SELECT max(number) FROM revision") ?? 0
                ),
                (
                    "gatehouse_registry_audit_entries_total",
                    try Int.fetchOne(database, sql: "SELECT max(sequence) FROM audit_entry") ?? 0
                ),
            ]
                + (try Quota.allCases.map { quota in
                    (
                        "gatehouse_registry_objects{kind=\"\(quota.rawValue)\"}",
                        try Int.fetchOne(database, sql: "SELECT count(*) FROM \(quota.kind.rawValue)") ?? 0
                    )
                })
        }
        let telling = [
            ("gatehouse_hosts_connected", hosts.connected.count), ("gatehouse_hosts_untold", hosts.untold),
            ("gatehouse_hosts_telling_failures_total", hosts.tellingFailures),
            ("gatehouse_server_failures_total", counters.failureCount),
        ]
        let requests = counters.all.map { ("gatehouse_server_requests_total{status=\"\($0.key)\"}", $0.value) }
        return (rows + telling + requests.sorted { $0.0 < $1.0 }).map { "\($0.0) \($0.1)\n" }.joined()
    }
}

/// Counts answers by status, and keeps the last failure's words for the log.
final class RequestCounters: Sendable {
    private let counts = Mutex<[Int: Int]>([:])
    /// What went wrong inside, and the request that it happened to.
    typealias Failure = (requestID: String, words: String)
    private let failures = Mutex<(count: Int, waiting: [Failure])>((0, []))

    var all: [Int: Int] { counts.withLock { $0 } }

    func note(_ status: Int) { counts.withLock { $0[status, default: 0] += 1 } }

    /// Failures since the start.
    var failureCount: Int { failures.withLock { $0.count } }

    func noteFailure(_ words: String, of requestID: String) {
        failures.withLock { failures in
            failures.count += 1
            failures.waiting.append((requestID, words))
            if failures.waiting.count > 100 { failures.waiting.removeFirst() }
        }
    }

    /// The failures since the last call.
    func takeFailures() -> [Failure] {
        failures.withLock { failures in
            defer { failures.waiting = [] }
            return failures.waiting
        }
    }
}

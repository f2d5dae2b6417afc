import Link
import Posture

/// What a host's agent says of itself, as a scan tells it.
enum HostPosture {
    static func findings(_ client: AgentClient) throws -> [PostureFinding] {
        guard case .status(let status) = try client.ask(.status) else { throw NotFound.otherVersion }
        let open = (status.notEnforced ?? []).map { PostureFinding(notEnforced: $0.label, because: $0.line) }
        return open + status.problems.filter { !$0.hasPrefix("NOT ENFORCED") }.map { PostureFinding(problem: $0) }
    }
}

/// Where things lie in a host's data folder. The agent writes; the command line reads.
package struct DataFolder: Hashable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var revisions: String { path + "/revisions" }
    package var spool: String { path + "/spool" }
    package var state: String { path + "/agent-state.json" }
    package var snapshot: String { path + "/snapshot" }
    /// What the host was like before the first agent changed it.
    package var formerState: String { path + "/host-before.json" }
    /// Sessions that went on under another rule than the one that had admitted them.
    package var movedSessions: String { path + "/moved-sessions" }
    package var journals: String { path + "/journals" }
    /// Which interfaces were bound when.
    package var bindings: String { path + "/bindings.jsonl" }
    package var delivery: String { path + "/delivery.json" }
    /// What manifests are signed with; the public key has `.pub` behind it.
    package var manifestKey: String { path + "/manifest.key" }
    /// The public key that the control plane signs manifests with, as it said last.
    package var serverManifestKey: String { path + "/manifest.server.pub" }
    /// A file for each name of credentials for buckets.
    package var credentials: String { path + "/credentials" }
    /// Held by the agent that works here, and by the supervisor that starts it.
    package var lock: String { path + "/lock" }
    package var supervisorLock: String { path + "/supervisor.lock" }
    /// One JSON object an event.
    package var eventsJSON: String { path + "/events.jsonl" }
    /// Cursors and dead letters of sinks.
    package var sinks: String { path + "/sinks" }
    package var controlSocket: String { path + "/control.sock" }
    package var notifySocket: String { path + "/notify.sock" }

    package func revision(_ number: Int) -> String {
        let digits = String(number)
        return "\(revisions)/\(String(repeating: "0", count: max(0, 10 - digits.count)))\(digits).json"
    }
}

import Logging
import Synchronization

/// What goes wrong while hosts are told: each is counted, said in the log when it is new, and kept until it is over.
final class TellingFaults: Sendable {
    private struct State {
        var count = 0
        /// What was said last, by what was being done and for whom.
        var words: [String: String] = [:]
        /// Hosts that wait to be told.
        var hosts: [String: String] = [:]
        var mustLookAgain = false
    }

    /// What a host's failure begins with where it is not the host's own.
    static let prefix = "cannot be told: "

    private let state = Mutex(State())
    private let logger: Logger

    init(logger: Logger = Logger(label: "gatehouse.server.hosts")) { self.logger = logger }

    /// Since the server's start.
    var count: Int { state.withLock { $0.count } }
    /// The hosts that could not be told what they must enforce, with the reason.
    var hosts: [String: String] { state.withLock { $0.hosts } }

    /// Notes that a step failed; it says so once, until it has worked again or fails for another reason.
    func note(_ step: String, host: String? = nil, _ error: any Error) {
        let words = "\(error)"
        let isNew = state.withLock { state in
            state.count += 1
            let key = "\(step) \(host ?? "")"
            defer { state.words[key] = words }
            return state.words[key] != words
        }
        guard isNew else { return }
        logger.error(
            "hosts: \(step) failed",
            metadata: host.map { ["host": "\($0)", "reason": "\(words)"] } ?? ["reason": "\(words)"])
    }

    /// Notes that a host is without what it must enforce.
    ///
    /// - Returns: the failure to be kept of the host; nil where that is known.
    func noteUntold(_ host: String, _ error: any Error) -> String? {
        note("telling", host: host, error)
        let words = Self.prefix + "\(error)"
        return state.withLock { state in
            defer { state.hosts[host] = words }
            return state.hosts[host] == words ? nil : words
        }
    }

    /// Notes that a step worked.
    func clear(_ step: String, host: String? = nil) {
        state.withLock { _ = $0.words.removeValue(forKey: "\(step) \(host ?? "")") }
    }

    /// Notes that a host could be told; true where it could not be before.
    func noteTold(_ host: String) -> Bool {
        clear("telling", host: host)
        return state.withLock { $0.hosts.removeValue(forKey: host) != nil }
    }

    /// Has the next round look at all hosts again.
    func lookAgain() { state.withLock { $0.mustLookAgain = true } }

    func takeLook() -> Bool {
        state.withLock { state in
            defer { state.mustLookAgain = false }
            return state.mustLookAgain
        }
    }
}

import Crypto
import Foundation
import Model
import Synchronization

/// Slows down who guesses: after some failures a source must wait, for one account and for all; and so must those who guess at one
/// account from many sources.
///
/// The tables are bounded (`Limit.countedLogins`): where one is full of failures that still count, further sources and accounts
/// share one count.
package final class LoginLimiter: Sendable {
    private enum Key: Hashable {
        case accountFromSource(LoginMethod, String, String)
        case source(LoginMethod, String)
        case account(LoginMethod, String)
        /// Whoever found the table full.
        case others(LoginMethod)
    }

    private struct Record {
        var failures = 0
        /// Nanoseconds since 1970.
        var since: Int64
    }

    private struct State {
        var failures: [Key: Record] = [:]
        /// Who was proven from where, until when that counts.
        var proven: [Key: Int64] = [:]
    }

    private static let span = Int64(LoginLimit.seconds) * 1_000_000_000
    private static let memory = Int64(LoginLimit.secondsKnown) * 1_000_000_000
    private static let bound = Limit.countedLogins.bound
    private let state = Mutex(State())

    package init() {}

    /// Whether a try is allowed now.
    ///
    /// * `account`: whom the secret would prove; of methods without an account, the secret's digest.
    /// * `now`: nanoseconds since 1970.
    package func admits(_ method: LoginMethod, _ account: String, from source: String, at now: Int64) -> Bool {
        let limit = method.limit
        let own = Key.accountFromSource(method, source, account)
        return state.withLock { state in
            func isBelow(_ bound: Int?, _ key: Key) -> Bool {
                guard let bound else { return true }
                let key = state.failures[key] == nil && state.failures.count >= Self.bound ? Key.others(method) : key
                guard let record = state.failures[key], now - record.since < Self.span else { return true }
                return record.failures < (key == .others(method) ? limit.ofSource : bound)
            }
            guard isBelow(limit.ofAccountFromSource, own) else { return false }
            if let until = state.proven[own], until > now { return true }
            return isBelow(limit.ofSource, .source(method, source))
                && isBelow(limit.ofAccount, .account(method, account))
        }
    }

    package func noteFailure(_ method: LoginMethod, _ account: String, from source: String, at now: Int64) {
        let limit = method.limit
        state.withLock { state in
            var keys = [Key.source(method, source)]
            if limit.ofAccountFromSource != nil { keys.append(.accountFromSource(method, source, account)) }
            if limit.ofAccount != nil { keys.append(.account(method, account)) }
            for key in keys { Self.count(key, method, &state, now) }
        }
    }

    private static func count(_ key: Key, _ method: LoginMethod, _ state: inout State, _ now: Int64) {
        var key = key
        if state.failures[key] == nil, state.failures.count >= bound {
            state.failures = state.failures.filter { now - $0.value.since < span }
            if state.failures.count >= bound { key = .others(method) }
        }
        var record = state.failures[key] ?? Record(since: now)
        if now - record.since >= span { record = Record(since: now) }
        record.failures += 1
        state.failures[key] = record
    }

    package func noteSuccess(_ method: LoginMethod, _ account: String, from source: String, at now: Int64) {
        let key = Key.accountFromSource(method, source, account)
        state.withLock { state in
            state.failures[key] = nil
            if state.proven[key] == nil, state.proven.count >= Self.bound {
                state.proven = state.proven.filter { $0.value > now }
                // Who is not remembered is as everybody else.
                guard state.proven.count < Self.bound else { return }
            }
            state.proven[key] = now + Self.memory
        }
    }

    /// How many counts and proofs are kept.
    package var size: Int { state.withLock { $0.failures.count + $0.proven.count } }
}

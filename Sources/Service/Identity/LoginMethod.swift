/// Every way to prove who one is by something that can be guessed, each with its limit. Where a new one is missing here it cannot
/// be asked for (`LoginGate.attempt`), and without a limit it does not compile.
package enum LoginMethod: String, CaseIterable, Hashable, Sendable {
    /// Name and password: in a login, or with each request (Basic).
    case password
    /// A token that a login gave or an operator chose: in a login, or with each request (`X-Auth-Token`, Bearer).
    case token
    /// The secret of an application credential.
    case applicationCredential
    /// An API token, exchanged as IBM's API keys are.
    case apiKey
    /// The secret of a cloud key, by which requests are signed.
    case signature
    /// The token that takes a host in.
    case enrolment

    /// How many failures are admitted in `LoginLimit.seconds`.
    package var limit: LoginLimit {
        switch self {
        case .password: LoginLimit(ofAccountFromSource: 10, ofSource: 60, ofAccount: 120)
        case .token: LoginLimit(ofAccountFromSource: nil, ofSource: 300, ofAccount: nil)
        case .applicationCredential: LoginLimit(ofAccountFromSource: 10, ofSource: 60, ofAccount: 120)
        case .apiKey: LoginLimit(ofAccountFromSource: nil, ofSource: 10, ofAccount: nil)
        case .signature: LoginLimit(ofAccountFromSource: 30, ofSource: 60, ofAccount: 120)
        case .enrolment: LoginLimit(ofAccountFromSource: 10, ofSource: 20, ofAccount: 60)
        }
    }

    /// What an account is to it; nil where the secret itself says whose it is.
    package var account: String? {
        switch self {
        case .password: "login name"
        case .token, .apiKey: nil
        case .applicationCredential: "credential"
        case .signature: "key"
        case .enrolment: "host"
        }
    }
}

/// Failures that are admitted within a minute; beyond them attempts are refused unread (429).
///
/// A source from which an account was proven within the last hour is refused for its own failures with that account only: strangers
/// elsewhere, or behind the same address, do not lock it out.
package struct LoginLimit: Hashable, Sendable {
    /// nil where there is no account.
    package let ofAccountFromSource: Int?
    package let ofSource: Int
    /// From all sources together; nil where there is no account.
    package let ofAccount: Int?

    package static let seconds = 60
    package static let secondsKnown = 3600
}

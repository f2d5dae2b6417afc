package import Model

/// Why a revision could not be put into the kernel; the kernel is as it was.
package enum EnforcementError: Error, Equatable, CustomStringConvertible {
    /// `nft` refused the transaction; what it said, and the rules that it speaks of.
    case refused(String)
    /// The `nft` program could not be run.
    case programFailed(String)
    case tooManyRules(Direction)
    case kernel(String)

    package var description: String {
        switch self {
        case .refused(let words): "nft refused the ruleset: \(words)"
        case .programFailed(let words): "cannot run nft: \(words); install the package nftables"
        case .tooManyRules(let direction):
            "more than 65534 \(direction) rules since the table was made; remove rules that are not attached"
        case .kernel(let words): words
        }
    }
}

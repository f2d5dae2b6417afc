package import Documents
import Synchronization

/// The policy file in force; it can be read anew while the server runs.
package final class AccessFile: Sendable {
    private let current: Mutex<AccessPolicy>

    /// - Parameter path: Where the file is; nil for the standard policy.
    /// - Throws: All faults of the file.
    package init(_ path: String?) throws(DocumentError) { current = Mutex(try Self.read(path)) }

    private static func read(_ path: String?) throws(DocumentError) -> AccessPolicy {
        guard let path else { return AccessPolicy() }
        return try AccessPolicy(file: path)
    }

    package var policy: AccessPolicy { current.withLock { $0 } }

    /// Puts another file in force; one with a fault changes nothing.
    package func replace(_ path: String?) throws(DocumentError) {
        let policy = try Self.read(path)
        current.withLock { $0 = policy }
    }
}

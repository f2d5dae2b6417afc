import Synchronization

/// The policy file in force; it can be read anew while the server runs.
package final class AccessFile: Sendable {
    private let current: Mutex<AccessPolicy>

    /// - Parameters:
    ///   - text: The file's content; nil for the standard policy.
    ///   - name: The file's name, as errors should show it.
    /// - Throws: All faults of the file.
    package init(text: String?, name: String = "policy file") throws {
        current = Mutex(try text.map { try AccessPolicy(file: $0, name: name) } ?? AccessPolicy())
    }

    var policy: AccessPolicy { current.withLock { $0 } }

    /// Puts another file in force; one with a fault changes nothing.
    package func replace(text: String?, name: String = "policy file") throws {
        let policy = try text.map { try AccessPolicy(file: $0, name: name) } ?? AccessPolicy()
        current.withLock { $0 = policy }
    }
}

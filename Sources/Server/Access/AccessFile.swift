import Synchronization

/// The policy file in force; it can be read anew while the server runs.
package final class AccessFile: Sendable {
    private let current: Mutex<AccessPolicy>

    /// - Throws: the file's first fault.
    package init(text: String?) throws {
        current = Mutex(try text.map { try AccessPolicy(file: $0) } ?? AccessPolicy())
    }

    var policy: AccessPolicy { current.withLock { $0 } }

    /// Puts another file in force; one with a fault changes nothing.
    package func replace(text: String?) throws {
        let policy = try text.map { try AccessPolicy(file: $0) } ?? AccessPolicy()
        current.withLock { $0 = policy }
    }
}

package import Documents
package import Model

/// Reads the policy file: one YAML document that says what a project wants of its networks.
///
/// The keys and the rule grammar are described in `docs/formats/policy-file.md`.
package enum PolicyFile {
    /// Beyond this many bytes a file is refused unread.
    package static let maximumBytes = 64 << 20

    /// Reads a whole file, or throws everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - text: The document.
    ///   - name: The file's name, as errors should show it.
    /// - Returns: The policy, with provisional rule ids.
    /// - Throws: All problems of the file.
    package static func load(_ text: String, name: String) throws(DocumentError) -> Policy {
        try Document.read(text, name: name, maximumBytes: maximumBytes, example: example) { PolicyReader().read($0) }
    }

    /// Reads a file's bytes, which must be UTF-8.
    package static func load(bytes: some Collection<UInt8>, name: String) throws(DocumentError) -> Policy {
        try Document.read(bytes: bytes, name: name, maximumBytes: maximumBytes, example: example) {
            PolicyReader().read($0)
        }
    }

    private static let example = "project: NAME and vpcs: []"
}

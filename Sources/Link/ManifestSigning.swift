/// Manifests of delivered objects that a host wants signed by its control plane: what one host alone signs, who takes that
/// host over can sign anew.
package struct ManifestSigningRequest: Sendable, Codable {
    /// The first line of each manifest's file.
    package var manifests: [String]

    package init(manifests: [String]) { self.manifests = manifests }
}

/// What became of it, in the order of the request.
package struct ManifestSigningAnswer: Sendable, Codable {
    /// The control plane's public Ed25519 key, in hexadecimal digits.
    package var key: String
    /// Signatures in hexadecimal digits; nil where the control plane does not sign, for the reason beside it.
    package var signatures: [String?]
    package var reasons: [String?]

    package init(key: String, signatures: [String?], reasons: [String?]) {
        self.key = key
        self.signatures = signatures
        self.reasons = reasons
    }
}

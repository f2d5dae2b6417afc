import Buckets

/// Seals the secrets of cloud keys for the registry, and opens them to check signatures; by the same key as credentials of buckets.
package struct CloudKeySecrets: Sendable {
    private let keyFile: String

    package init(keyFile: String) { self.keyFile = keyFile }

    private static func place(_ secretID: String) -> String { "cloud-key/\(secretID)" }

    package func seal(_ secret: String, of secretID: String) throws -> [UInt8] {
        try SealedSecret.Key(file: keyFile).seal(Array(secret.utf8), place: Self.place(secretID)).bytes
    }

    package func open(_ sealed: [UInt8], of secretID: String) throws -> String {
        let bytes = try SealedSecret.Key(file: keyFile).open(SealedSecret(bytes: sealed), place: Self.place(secretID))
        return String(decoding: bytes, as: UTF8.self)
    }
}

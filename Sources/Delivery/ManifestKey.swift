import Buckets
import Crypto
import Host
import Model

/// The Ed25519 key that a control plane, or a host, signs manifests with.
package struct ManifestKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// The key of a file of 32 bytes and mode 0600, which is made when it is not there; the public key lies beside it, as
    /// hexadecimal digits in `FILE.pub`.
    package init(file path: String) throws {
        key = try Curve25519.Signing.PrivateKey(rawRepresentation: try SecretFile.key(path))
        let text = Array((publicText + "\n").utf8)
        if try DurableFile.read(path + ".pub") != text {
            try DurableFile.replace(path + ".pub", with: text, mode: 0o644)
        }
    }

    package var publicText: String { hexadecimal(key.publicKey.rawRepresentation) }

    package func sign(_ bytes: [UInt8]) throws -> [UInt8] { Array(try key.signature(for: bytes)) }

    /// What others check signatures with.
    package struct Public: Sendable {
        private let key: Curve25519.Signing.PublicKey
        package let text: String

        /// Reads the 64 hexadecimal digits of a `.pub` file; nil for anything else.
        package init?(_ text: String) {
            let digits = text.filter { !$0.isWhitespace }
            guard let bytes = bytes(ofHexadecimal: digits), bytes.count == 32,
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
            else { return nil }
            self.key = key
            self.text = digits
        }

        package func confirms(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
            key.isValidSignature(signature, for: bytes)
        }
    }
}

/// The bytes that pairs of hexadecimal digits stand for; nil for anything else.
package func bytes(ofHexadecimal text: String) -> [UInt8]? {
    let digits = text.compactMap(\.hexDigitValue)
    guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

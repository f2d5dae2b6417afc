import Crypto
import FoundationEssentials

/// A secret as it may lie in a database: encrypted and authenticated, of use only with the key and in its place.
///
/// ChaCha20-Poly1305 with a random nonce; the place it belongs to (such as `bucket-credentials/ID`) is authenticated with
/// it, so that a secret moved to another row does not open.
package struct SealedSecret: Hashable, Sendable, Codable {
    /// Nonce, ciphertext and tag.
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// What seals and opens: 32 bytes that lie in a file of their own.
    package struct Key: Sendable {
        private let key: SymmetricKey

        package init(_ bytes: [UInt8]) { key = SymmetricKey(data: bytes) }

        /// The key of a file with mode 0600, which is made when it is not there.
        package init(file path: String) throws { self.init(try SecretFile.key(path)) }

        package func seal(_ secret: [UInt8], place: String) throws -> SealedSecret {
            let box = try ChaChaPoly.seal(secret, using: key, authenticating: Array(place.utf8))
            return SealedSecret(bytes: Array(box.combined))
        }

        package func open(_ sealed: SealedSecret, place: String) throws(OpenError) -> [UInt8] {
            do {
                let box = try ChaChaPoly.SealedBox(combined: sealed.bytes)
                return Array(try ChaChaPoly.open(box, using: key, authenticating: Array(place.utf8)))
            } catch {
                throw OpenError(place: place)
            }
        }
    }

    /// A secret that the key does not open.
    package struct OpenError: Error, Hashable, CustomStringConvertible {
        package let place: String

        package var description: String {
            "the secret of \(place) does not open: it was altered, or sealed with another key; put the right key file "
                + "back, or set the secret anew"
        }
    }
}

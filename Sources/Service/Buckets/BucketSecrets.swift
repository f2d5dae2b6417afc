package import Buckets
import Registry

/// Seals the credentials of buckets for the registry, and opens them for the server's probe and for hosts.
///
/// The key is a file of the server's data folder, made when the first credentials are sealed. Without it they are lost.
package struct BucketSecrets: Sendable {
    private let keyFile: String

    package init(keyFile: String) { self.keyFile = keyFile }

    private static func place(_ bucketID: String) -> String { "bucket-credentials/\(bucketID)" }

    package func seal(_ credentials: Credentials, of bucketID: String) throws -> [UInt8] {
        try SealedSecret.Key(file: keyFile).seal(Array(try credentials.text.utf8), place: Self.place(bucketID)).bytes
    }

    func open(_ sealed: SealedCredentials) throws -> Credentials {
        let bytes = try SealedSecret.Key(file: keyFile).open(
            SealedSecret(bytes: sealed.bytes), place: Self.place(sealed.bucketID))
        guard let credentials = Credentials(text: String(decoding: bytes, as: UTF8.self)) else {
            throw RegistryError(
                .invalid(.body), "bucket \(sealed.bucketID): what its credentials hold is none; set them anew")
        }
        return credentials
    }
}

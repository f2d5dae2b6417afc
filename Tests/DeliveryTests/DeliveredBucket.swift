import Buckets
import Foundation
import Gzip
import Model
import TestSupport
import Testing

@testable import Delivery

/// A folder that a host has delivered to as a bucket.
struct DeliveredBucket {
    let path: String
    /// The data folder of the host that signs the manifests.
    let host: String

    /// Checks the whole bucket by its manifests, with the host's key.
    func verify() async throws -> BucketVerification.Report {
        let text = String(decoding: try bytes("\(host)/manifest.key.pub"), as: UTF8.self)
        let key = try #require(ManifestKey.Public(text))
        return try await BucketVerification(FolderBucket(root: path, createsRoot: false), keys: [key]).run()
    }

    /// What an object of IBM's format says.
    static func object(at path: String) throws -> [String: Any] {
        let content = try Gzip.decompress(try bytes(path), limit: 1 << 26)
        return try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
    }
}

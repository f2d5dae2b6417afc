import Buckets
import Link
package import Registry

/// Tries whether objects can be put into a bucket, by putting one there and taking it away again.
///
/// The server asks with its own disk and network, and with the bucket's credentials; for a bucket without any, with files of
/// `credentials` in its data folder, where hosts have theirs.
package struct BucketProbe: Sendable {
    /// Relative folders are within this one.
    package let dataFolder: String
    let registry: Registry
    package let secrets: BucketSecrets

    package init(dataFolder: String, registry: Registry, secrets: BucketSecrets) {
        self.dataFolder = dataFolder
        self.registry = registry
        self.secrets = secrets
    }

    /// The bucket's own credentials, by the name that its location has for them; empty where hosts have their own.
    private func credentials(of bucket: StoredBucket) async throws -> [String: Credentials] {
        guard let sealed = try await registry.read({ try SealedCredentials(of: bucket, in: $0) }) else { return [:] }
        return [sealed.name: try secrets.open(sealed)]
    }

    /// Why hosts cannot be told the bucket's credentials; nil where they can, or need none.
    package func faultOfCredentials(of bucket: StoredBucket) async -> String? {
        do {
            _ = try await credentials(of: bucket)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// What is wrong with a bucket, and how it is mended; nil when an object went in and out.
    package func fault(of bucket: StoredBucket) async -> String? {
        let known: [String: Credentials]
        do {
            known = try await credentials(of: bucket)
        } catch {
            return "\(error)"
        }
        do throws(BucketError) {
            let opened = try BucketLocation(bucket.location, dataFolder: dataFolder).open(
                CredentialStore(folder: dataFolder + "/credentials", known: known))
            let fault = await opened.trial(Change.newID(), by: "the server")
            await opened.close()
            return fault
        } catch {
            return "\(error)"
        }
    }

    /// What is wrong with a bucket's name or location; nil when nothing is. Relative folders are within `dataFolder`.
    package static func fault(
        name: String, url: String, dataFolder: String, hasCredentials: Bool = false
    ) -> BucketFault? {
        if let fault = StoredBucket.fault(name: name, url: url) { return fault }
        do throws(BucketError) {
            guard case .s3(let location) = try BucketLocation(url, dataFolder: dataFolder) else {
                return hasCredentials
                    ? BucketFault(.credentials, "a folder has no credentials", mend: "leave them out") : nil
            }
            guard location.credentials == nil || !hasCredentials else {
                return BucketFault(
                    .url, "it names credentials of the hosts already", mend: "leave out credentials= or the keys")
            }
            return location.credentials?.hasPrefix(HostCredentials.namePrefix) == true
                ? BucketFault(
                    .url, "credentials=\(HostCredentials.namePrefix)… are those of another bucket",
                    mend: "name a file of the hosts") : nil
        } catch {
            return BucketFault(.url, "\(error)", mend: "write file:FOLDER or s3://BUCKET?endpoint=URL")
        }
    }
}

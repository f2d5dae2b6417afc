import Buckets
import Registry

/// Tries whether objects can be put into a bucket, by putting one there and taking it away again.
///
/// The server asks with its own disk, network and credentials (files of `credentials` in its data folder); hosts deliver
/// with theirs.
struct BucketProbe: Sendable {
    /// Relative folders are within this one.
    let dataFolder: String

    /// What is wrong with a bucket, and how it is mended; nil when an object went in and out.
    func fault(of bucket: StoredBucket) async -> String? {
        do throws(BucketError) {
            let opened = try BucketLocation(bucket.url, dataFolder: dataFolder).open(
                CredentialStore(folder: dataFolder + "/credentials"))
            let fault = await probe(opened)
            await opened.close()
            return fault
        } catch {
            return "\(error)"
        }
    }

    private func probe(_ bucket: any Bucket) async -> String? {
        let key = ".gatehouse-probe-\(Change.newID())"
        do throws(BucketError) {
            try await bucket.put(Array("gatehouse".utf8), key: key)
        } catch {
            // The kernel's words say what failed, not how it is mended.
            let isKernels = if case .system = error { true } else { false }
            return "no object can be put: \(error)"
                + (isKernels ? "; make it a folder that the server may write to, on a disk with room" : "")
        }
        do throws(BucketError) {
            try await bucket.delete(key)
            return nil
        } catch {
            return "object \(key) went in and cannot be removed (\(error)); give the right to, and remove it"
        }
    }

    /// What is wrong with a bucket's name or location, to be read after the place; nil when nothing is.
    func fault(name: String, url: String) -> String? {
        if let fault = StoredBucket.fault(name: name, url: url) { return fault }
        do throws(BucketError) {
            _ = try BucketLocation(url, dataFolder: dataFolder)
            return nil
        } catch {
            return ".url: \(error)"
        }
    }
}

import Buckets
import Host
import Link
import Model
import Synchronization

/// Tries buckets for the control plane, with this host's disk, network and credentials, as its collectors fill them.
final class BucketTests: Sendable {
    /// A server that asks for more has lost count.
    private static let atOnce = 4

    private let data: DataFolder
    private let running = Mutex<Int>(0)

    init(data: DataFolder) { self.data = data }

    /// What failed and how it is mended; nil when an object went in and out.
    func fault(of request: BucketTestRequest) async -> String? {
        let isFree = running.withLock { count in
            guard count < Self.atOnce else { return false }
            count += 1
            return true
        }
        guard isFree else { return "\(Self.atOnce) buckets are being tried at this host; try again when that is done" }
        defer { running.withLock { $0 -= 1 } }
        do throws(BucketError) {
            let bucket = try BucketLocation(request.bucket, dataFolder: data.path)
                .open(CredentialStore(folder: data.credentials))
            // The name becomes part of a key.
            let fault = await bucket.trial(request.id.filter { $0.isHexDigit || $0 == "-" }, by: "the agent")
            await bucket.close()
            return fault
        } catch {
            return "\(error)"
        }
    }
}

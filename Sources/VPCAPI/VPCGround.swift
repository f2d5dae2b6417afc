import Registry
import Service

/// What all requests to the VPC API stand on.
struct VPCGround: Sendable {
    let registry: Registry
    let policy: @Sendable () -> AccessPolicy
    let settings: VPCSettings
    /// Whether objects can be put into a bucket now; says why not.
    let probe: BucketProbe
    let bucketTests: HostBucketTests
}

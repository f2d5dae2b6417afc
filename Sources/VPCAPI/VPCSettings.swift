package import Registry
import Service

/// What the VPC API is told of the server that it is part of.
package struct VPCSettings: Sendable {
    /// The region that it shows, and its zones.
    let served: ServedRegion
    let quotas: VPCQuotas
    /// Bytes that a body may have when it is inflated.
    let largestBody: Int

    package init(served: ServedRegion, quotas: VPCQuotas, largestBody: Int) {
        self.served = served
        self.quotas = quotas
        self.largestBody = largestBody
    }
}

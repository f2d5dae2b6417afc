package import Archive
import Model
import Registry
package import VPCAPI

/// How a server is run.
package struct ServerSettings: Sendable {
    package var host = "127.0.0.1"
    package var port = 8440
    /// Further names and addresses that the server is reached at: its certificate is good for them.
    package var names: [String] = []
    /// Whether plain HTTP is spoken.
    package var isInsecure = false
    /// `https://name:port` as callers reach the server; nil takes it from each request.
    package var publicURL: String?
    /// Whether `X-Forwarded-Proto` and `X-Forwarded-Host` are believed: only behind a proxy that sets them.
    package var trustsForwarding = false
    /// Whether calls from this machine without credentials are the administrator's.
    package var admitsAnonymous = false
    package var tokenLifetime = Duration.seconds(3600)
    /// A request's body may have so many bytes.
    package var largestBody = Limit.body.bound
    /// The files of one host may have so many bytes together.
    package var hostQuota = Limit.bytesOfHost.bound
    /// The folder of the hosts' records as Parquet; nil is one in the data folder.
    package var archive: String?
    /// How long flow records are kept there.
    package var retention = Retention()
    /// The region that the VPC API shows, and its zones, whose names begin with the region's.
    package var region = "local"
    package var zones = ["local-1"]
    package var vpcQuotas = VPCQuotas()

    /// What the VPC API knows of them.
    var vpc: VPCSettings { VPCSettings(served: served, quotas: vpcQuotas, largestBody: largestBody) }
    var served: ServedRegion { ServedRegion(name: region, zones: zones) }

    package init() {}
}

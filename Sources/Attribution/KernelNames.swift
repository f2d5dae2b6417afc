/// The names under which Gatehouse's parts stand in the kernel.
package enum KernelNames {
    /// The table, in the family `inet`.
    package static let table = "gatehouse"
    /// The NFLOG group that all `log` statements of the table write to.
    package static let logGroup: UInt16 = 8011
    /// Devices with packets and bytes that came from, and went to, their instances.
    package static let egressCounts = "egress_counts"
    package static let ingressCounts = "ingress_counts"
    /// One element: the number of the counting sets' generation that rules write into.
    package static let generation = "generation"
}

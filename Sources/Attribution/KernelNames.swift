/// Numbers under which Gatehouse's parts find each other in the kernel.
package enum KernelNames {
    /// The NFLOG group that all `log` statements of the table write to.
    package static let logGroup: UInt16 = 8011
}

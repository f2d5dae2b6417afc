import CHost

/// Waiting for what is under way in the kernel.
package enum GracePeriod {
    /// Returns when every packet whose handling had begun before the call is through (an RCU grace period): some
    /// milliseconds, more on a busy machine.
    ///
    /// - Throws: ENOSYS on kernels without membarrier(2), before 4.3.
    package static func wait() throws(SystemError) { try checkShim("membarrier", "", gh_grace_period()) }
}

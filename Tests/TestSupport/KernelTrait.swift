import Host
package import Testing

/// Tests that need root, network namespaces and nftables.
///
/// With `GATEHOUSE_REQUIRE_KERNEL=1`, as in CI, they run, and fail where the kernel lacks something. Without it they run
/// where they can, and are reported as skipped elsewhere.
extension Trait where Self == ConditionTrait {
    package static var kernel: Self {
        .enabled("needs root, network namespaces and nft") {
            if ChildProcess.inheritedEnvironment()["GATEHOUSE_REQUIRE_KERNEL"] == "1" { return true }
            return Machine.userID == 0 && (try? ChildProcess.run("nft", ["--version"]).exit) == .code(0)
        }
    }
}

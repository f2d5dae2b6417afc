import Host
package import Testing

/// Tests that need root, network namespaces and nftables, each on a thread of its own.
///
/// With `GATEHOUSE_REQUIRE_KERNEL=1`, as in CI, they run, and fail where the kernel lacks something. Without it they run
/// where they can, and are reported as skipped elsewhere.
package struct KernelTrait: TestTrait, TestScoping {
    private let condition: ConditionTrait = .enabled("needs root, network namespaces and nft") {
        if ChildProcess.inheritedEnvironment()["GATEHOUSE_REQUIRE_KERNEL"] == "1" { return true }
        return Machine.userID == 0 && (try? ChildProcess.run("nft", ["--version"]).exit) == .code(0)
    }

    package func prepare(for test: Test) async throws {
        try await condition.prepare(for: test)
    }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await OwnThread().provideScope(for: test, testCase: testCase, performing: function)
    }
}

extension Trait where Self == KernelTrait {
    package static var kernel: Self { KernelTrait() }
}

import Model
import Registry
import Testing

@testable import Service

@Suite struct LoginLimitTests {
    private static let second: Int64 = 1_000_000_000

    @Test(arguments: LoginMethod.allCases)
    func `every method has limits by source and, where it has accounts, by account`(
        method: LoginMethod
    ) {
        let limit = method.limit
        #expect((1...300).contains(limit.ofSource))
        #expect((limit.ofAccount != nil) == (method.account != nil))
        #expect((limit.ofAccountFromSource != nil) == (method.account != nil))
        let limiter = LoginLimiter()
        var admitted = 0
        while limiter.admits(method, "\(admitted)", from: "192.0.2.1", at: 0), admitted < 1000 {
            limiter.noteFailure(method, "\(admitted)", from: "192.0.2.1", at: 0)
            admitted += 1
        }
        #expect(admitted == limit.ofSource)
        #expect(limiter.admits(method, "0", from: "192.0.2.2", at: 0))
        #expect(limiter.admits(method, "new", from: "192.0.2.1", at: Int64(LoginLimit.seconds) * Self.second))
    }

    @Test
    func `an account is guessed at from many sources so often only, and whom a source has proven it is not locked out`()
    {
        let limiter = LoginLimiter()
        limiter.noteSuccess(.password, "ada", from: "198.51.100.1", at: 0)
        var admitted = 0
        while limiter.admits(.password, "ada", from: "192.0.2.\(admitted)", at: 0), admitted < 1000 {
            limiter.noteFailure(.password, "ada", from: "192.0.2.\(admitted)", at: 0)
            admitted += 1
        }
        #expect(admitted == LoginMethod.password.limit.ofAccount)
        #expect(!limiter.admits(.password, "ada", from: "203.0.113.1", at: 0))
        #expect(limiter.admits(.password, "ada", from: "198.51.100.1", at: 0))
        // Also where strangers sit behind the same address.
        for number in 0..<200 { limiter.noteFailure(.password, "n\(number)", from: "198.51.100.1", at: 0) }
        #expect(!limiter.admits(.password, "eve", from: "198.51.100.1", at: 0))
        #expect(limiter.admits(.password, "ada", from: "198.51.100.1", at: 0))
    }

    @Test func `tables are bounded, and who finds them full shares one count`() {
        let limiter = LoginLimiter()
        for number in 0..<50_000 {
            limiter.noteFailure(.password, "n\(number)", from: "s\(number)", at: 0)
            limiter.noteSuccess(.token, "t\(number)", from: "s\(number)", at: 0)
        }
        #expect(limiter.size <= 2 * Limit.countedLogins.bound + LoginMethod.allCases.count)
        #expect(!limiter.admits(.password, "other", from: "other", at: 0))
        #expect(limiter.admits(.password, "other", from: "other", at: Int64(LoginLimit.seconds) * Self.second))
        limiter.noteFailure(.password, "x", from: "x", at: 100 * Self.second)
        #expect(limiter.size <= Limit.countedLogins.bound + 4)
    }

    @Test func `a source is an address of IPv4, and a network of 64 bits of IPv6`() {
        #expect(CallerNetwork.of("192.0.2.1") == "192.0.2.1")
        #expect(CallerNetwork.of("::ffff:192.0.2.1") == "192.0.2.1")
        #expect(CallerNetwork.of("2001:db8::1") == CallerNetwork.of("2001:db8::ffff:1"))
        #expect(CallerNetwork.of("2001:db8::1") != CallerNetwork.of("2001:db8:0:1::1"))
    }
}

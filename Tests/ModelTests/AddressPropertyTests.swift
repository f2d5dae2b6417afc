import Model
import TestSupport
import Testing

/// Addresses of every shape against the plain way of writing them.
@Suite struct AddressPropertyTests {
    private static let seed: UInt64 = 0xadd7

    @Test func `any IPv4 address survives its text`() {
        var random = SplitMix64(seed: Self.seed)
        for round in 0..<2000 {
            let bits = UInt32(truncatingIfNeeded: random.next())
            let address = IPAddress(ipv4: bits)
            let plain = [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".")
            #expect(address.description == plain, "seed \(Self.seed), round \(round)")
            #expect(IPAddress(plain) == address, "seed \(Self.seed), round \(round)")
        }
    }

    @Test func `any IPv6 address survives its text`() {
        var random = SplitMix64(seed: Self.seed)
        for round in 0..<4000 {
            let groups = (0..<8).map { _ in
                random.chance(60) ? 0 : random.next() >> (48 + UInt64.random(in: 0..<16, using: &random))
            }
            let address = IPAddress(
                ipv6High: groups[..<4].reduce(0) { $0 << 16 | $1 }, low: groups[4...].reduce(0) { $0 << 16 | $1 })
            #expect(address.description == Self.text(groups), "seed \(Self.seed), round \(round): \(groups)")
            #expect(IPAddress(address.description) == address, "seed \(Self.seed), round \(round): \(groups)")
        }
    }

    @Test func `any MAC address survives its text`() {
        var random = SplitMix64(seed: Self.seed)
        for round in 0..<1000 {
            let mac = MACAddress(bits: random.next() >> UInt64.random(in: 0..<64, using: &random))
            let digits = hexadecimal(mac.bits).suffix(12)
            let plain = (0..<6).map { String(digits.dropFirst(2 * $0).prefix(2)) }.joined(separator: ":")
            #expect(mac.description == plain, "seed \(Self.seed), round \(round)")
            #expect(MACAddress(plain) == mac, "seed \(Self.seed), round \(round)")
        }
    }

    /// RFC 5952: the longest run of zeros gives way, the first of equals, and never one alone.
    private static func text(_ groups: [UInt64]) -> String {
        func joined(_ part: ArraySlice<UInt64>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        for length in stride(from: 8, through: 2, by: -1) {
            for start in 0...(8 - length) where groups[start..<start + length].allSatisfy({ $0 == 0 }) {
                return joined(groups[..<start]) + "::" + joined(groups[(start + length)...])
            }
        }
        return joined(groups[...])
    }
}

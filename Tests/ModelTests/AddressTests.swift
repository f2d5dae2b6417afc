import Testing

@testable import Model

@Suite struct AddressTests {
    @Test(arguments: [
        "0.0.0.0", "255.255.255.255", "10.1.1.10", "::", "::1", "fd00:1::10", "2001:db8::1:0:0:1", "1:2:3:4:5:6:7:8",
        "1::", "fe80::1:2",
    ])
    func `canonical text survives reading`(text: String) {
        #expect(IPAddress(text)?.description == text)
    }

    @Test(arguments: [
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("0:0:0:0:0:0:0:0", "::"), ("::ffff:10.0.0.1", "::ffff:a00:1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0"),
    ])
    func `IPv6 text is shortened as RFC 5952 asks`(text: String, canonical: String) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", ":", ":::", "1:2:3:4:5:6:7", "1::2::3",
        "12345::", "::g", "fe80::1%eth0", "1:2:3:4:5:6:7:8:", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::",
    ])
    func `text that is no address is refused`(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `a prefix with host bits names the network that was meant`() throws {
        let meant = try IPPrefix(parsing: "10.1.2.0/24")
        #expect(throws: IPPrefix.ParseError.hostBitsSet(network: meant)) { try IPPrefix(parsing: "10.1.2.3/24") }
        #expect(throws: IPPrefix.ParseError.lengthOutOfRange(maximum: 32)) { try IPPrefix(parsing: "10.0.0.0/33") }
        #expect(throws: IPPrefix.ParseError.malformed) { try IPPrefix(parsing: "10.0.0.0/-1") }
        #expect(throws: IPPrefix.ParseError.malformed) { try IPPrefix(parsing: "10.0.0.0/8/8") }
    }

    @Test func `a prefix holds its first address, its last and none beside`() throws {
        let prefix = try IPPrefix(parsing: "fd00:1:0:ff00::/56")
        #expect(IPAddress("fd00:1:0:ff00::").map(prefix.contains) == true)
        #expect(IPAddress("fd00:1:0:ffff:ffff:ffff:ffff:ffff").map(prefix.contains) == true)
        #expect(IPAddress("fd00:1:0:fe00::").map(prefix.contains) == false)
        #expect(IPAddress("10.0.0.1").map(prefix.contains) == false)
    }
}

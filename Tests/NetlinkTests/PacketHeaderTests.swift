import Testing

@testable import Netlink

@Suite struct PacketHeaderTests {
    private func header(_ bytes: [UInt8]) -> PacketHeader { ByteView.with(bytes) { PacketHeader($0) } }

    /// IPv6 from fd00::1 to fd00::2 with a next header and what follows.
    private func ipv6(_ next: UInt8, _ rest: [UInt8]) -> [UInt8] {
        let address = { (last: UInt8) -> [UInt8] in [0xfd] + [UInt8](repeating: 0, count: 14) + [last] }
        return [0x60, 0, 0, 0, 0, UInt8(rest.count), next, 64] + address(1) + address(2) + rest
    }

    private func ipv4(_ transport: UInt8, words: UInt8 = 5, fragment: UInt8 = 0, _ rest: [UInt8]) -> [UInt8] {
        let options = [UInt8](repeating: 1, count: max(Int(words) * 4 - 20, 0))
        return [0x40 | words, 0, 0, 40, 0, 0, 0, fragment, 64, transport, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2] + options
            + rest
    }

    private let ports: [UInt8] = [0, 53, 0x1f, 0x90, 0, 0, 0, 0]

    @Test func `ports stand behind IPv4 options`() {
        let header = header(ipv4(17, words: 7, ports))
        #expect(header.isValid)
        #expect(header.sourcePort == 53)
        #expect(header.targetPort == 8080)
    }

    @Test func `a later fragment has no ports`() {
        let header = header(ipv4(17, fragment: 3, ports))
        #expect(header.isValid)
        #expect(header.sourcePort == 0)
    }

    @Test(arguments: [0, 1, 2, 3, 4] as [UInt8])
    func `an IPv4 header that is too short for itself is no packet`(_ words: UInt8) {
        #expect(!header(ipv4(17, words: words, ports)).isValid)
    }

    @Test func `an IPv4 header that is longer than the packet has no ports`() {
        let header = header(Array(ipv4(17, words: 15, []).prefix(24)))
        #expect(header.isValid)
        #expect(header.sourcePort == 0)
    }

    @Test(arguments: [(17, 3, false), (17, 4, true), (6, 0, false), (1, 1, false), (1, 2, true), (47, 4, false)])
    func `ports are shown where all of their bytes are there`(transport: UInt8, count: Int, isShown: Bool) {
        #expect(header(ipv4(transport, Array(ports.prefix(count)))).showsPorts == isShown)
    }

    @Test(arguments: [0, 1, 2])
    func `an IPv6 header that ends before it names the next leaves what the fixed one names`(
        count: Int
    ) {
        let header = header(ipv6(60, Array([17, 0].prefix(count))))
        #expect(header.transport == (count < 2 ? 60 : 17))
        #expect(!header.showsPorts)
    }

    @Test func `ports stand behind IPv6 extension headers`() {
        let hopByHop: [UInt8] = [60, 0, 1, 4, 0, 0, 0, 0]
        let options: [UInt8] = [44, 1] + [UInt8](repeating: 0, count: 14)
        let firstFragment: [UInt8] = [17, 0, 0, 1, 0, 0, 0, 7]
        let header = header(ipv6(0, hopByHop + options + firstFragment + ports))
        #expect(header.transport == 17)
        #expect(header.sourcePort == 53)
        #expect(header.targetPort == 8080)
    }

    @Test func `a later IPv6 fragment has its transport and no ports`() {
        let header = header(ipv6(44, [17, 0, 0, 8, 0, 0, 0, 7] + ports))
        #expect(header.transport == 17)
        #expect(header.sourcePort == 0)
    }

    @Test func `a chain of extension headers without end is given up`() {
        let header = header(ipv6(0, [UInt8](repeating: 0, count: 200)))
        #expect(header.isValid)
        #expect(header.sourcePort == 0)
    }

    @Test func `an extension header that claims more than there is ends the packet`() {
        let header = header(ipv6(0, [17, 255, 0, 0, 0, 0, 0, 0] + ports))
        #expect(header.isValid)
        #expect(header.sourcePort == 0)
    }

    @Test func `what is neither IPv4 nor IPv6 is no packet`() {
        for version in [0, 1, 2, 3, 5, 7, 8, 15] as [UInt8] {
            #expect(!header([version << 4 | 5] + [UInt8](repeating: 0, count: 60)).isValid)
        }
        #expect(!header([]).isValid)
    }

    @Test func `a fixed header that is cut off is no packet`() {
        for length in 0..<20 { #expect(!header(Array(ipv4(17, ports).prefix(length))).isValid) }
        for length in 0..<40 { #expect(!header(Array(ipv6(17, ports).prefix(length))).isValid) }
    }
}

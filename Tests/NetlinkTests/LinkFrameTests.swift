import Model
import Testing

@testable import Netlink

/// What frames say of addresses, as `ip`, `arping` and dnsmasq put it on a wire.
@Suite struct LinkFrameTests {
    private func frame(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }
        return stride(from: 0, to: digits.count, by: 2).compactMap { place in
            let start = digits.index(digits.startIndex, offsetBy: place)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }

    private func read(_ bytes: [UInt8]) -> LinkFrame? { ByteView.with(bytes) { LinkFrame($0) } }

    /// Ethernet; ARP request: hardware 1, protocol 0800, lengths 6 and 4; sender, target.
    private static let arp = """
        ffffffffffff 02000000000a 0806  0001 0800 06 04 0001
        02000000000a 0a090064  000000000000 0a090064
        """

    /// Ethernet; IPv6 with hop limit 255; neighbour advertisement of fd09::100.
    private static let advertisement = """
        333300000001 02000000000a 86dd  60000000 0020 3a ff
        fe800000000000000000000000000001 ff020000000000000000000000000001
        88 00 0000 20000000 fd090000000000000000000000000100 0201 02000000000a
        """

    /// Ethernet, IPv4, UDP 67 to 68; BOOTP reply: 10.9.0.50 for 02:00:00:00:00:0a; cookie, ACK, server, an hour, end.
    private static let acknowledgement =
        """
        02000000000a 020000000001 0800  45000134 0000 0000 40 11 0000 0a090001 0a090032  0043 0044 0120 0000
        02 01 06 00 00000007 0000 0000 00000000 0a090032 00000000 00000000 02000000000a
        """ + String(repeating: "00", count: 202) + "63825363 350105 36040a090001 330400000e10 ff"

    @Test func `a claim names its address and its MAC`() throws {
        let mac = MACAddress(bits: 0x0200_0000_000a)
        #expect(read(frame(Self.arp)) == .claim(try #require(IPAddress("10.9.0.100")), mac: mac))
        #expect(read(frame(Self.advertisement)) == .claim(try #require(IPAddress("fd09::100")), mac: mac))
    }

    @Test func `a probe of an address that is not had yet claims nothing`() {
        var bytes = frame(Self.arp)
        bytes.replaceSubrange(28..<32, with: [0, 0, 0, 0])
        #expect(read(bytes) == nil)
    }

    @Test func `an advertisement from beyond the link claims nothing`() {
        var bytes = frame(Self.advertisement)
        bytes[21] = 254
        #expect(read(bytes) == nil)
    }

    @Test func `an acknowledgement names client, address, server and time`() throws {
        guard case .dhcp(let message)? = read(frame(Self.acknowledgement)) else {
            Issue.record("not read")
            return
        }
        #expect(message.kind == .acknowledgement && message.isOfServer)
        #expect(message.client == MACAddress(bits: 0x0200_0000_000a))
        #expect(message.address == IPAddress("10.9.0.50") && message.sender == IPAddress("10.9.0.1"))
        #expect(message.server == IPAddress("10.9.0.1") && message.leaseSeconds == 3600)
    }

    @Test func `what is cut off says nothing, or no more than the whole`() {
        for whole in [Self.arp, Self.advertisement, Self.acknowledgement].map(frame) {
            let said = read(whole)
            for length in 0..<whole.count {
                // The end mark alone may lack.
                guard let cut = read(Array(whole[..<length])) else { continue }
                if case .dhcp(let message) = cut, case .dhcp(let all)? = said {
                    #expect(message.client == all.client && message.address == all.address)
                } else {
                    #expect(cut == said)
                }
            }
        }
    }
}

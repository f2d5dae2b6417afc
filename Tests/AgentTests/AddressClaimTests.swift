import Model
import Testing

@testable import Agent

/// What is made of claims: no more than pairs permit, and no more than a guest may cause.
@Suite struct AddressClaimTests {
    private let one = Identifier<Interface>(derivedFrom: "one")
    private let mac = MACAddress(bits: 0x0200_0000_000a)

    private func claims(_ pairs: [String], mac pairMAC: MACAddress? = nil) throws -> AddressClaims {
        let prefixes = try pairs.map { try IPPrefix(parsing: $0) }
        var claims = AddressClaims()
        claims.listen(
            to: [1: .interface(one, prefixes.map { PermittedSource($0, mac: pairMAC ?? mac) }), 2: .outsider],
            contested: prefixes, leases: [:], devices: [:])
        return claims
    }

    private func address(_ number: UInt32) -> IPAddress { IPAddress(ipv4: 0x0a07_0000 + number) }

    @Test func `a permitted claim is due at once, and the next of the same address after a pause`() throws {
        var claims = try claims(["10.7.0.9"])
        claims.note(address(9), mac: mac, on: 1, holders: [:])
        #expect(claims.takeDue() == [address(9): .interface(one)])
        #expect(claims.pauseNanoseconds == nil)
        claims.note(address(9), mac: MACAddress(bits: 7), on: 2, holders: [address(9): .interface(one)])
        #expect(claims.takeDue() == [:])
        let pause = try #require(claims.pauseNanoseconds)
        #expect(pause > 100_000_000 && pause <= 500_000_000)
    }

    @Test func `what no pair permits is no claim`() throws {
        var claims = try claims(["10.7.0.9"])
        claims.note(address(8), mac: mac, on: 1, holders: [:])
        claims.note(address(9), mac: MACAddress(bits: 7), on: 1, holders: [:])
        claims.note(address(9), mac: mac, on: 3, holders: [:])
        #expect(claims.pauseNanoseconds == nil)
    }

    @Test func `what somebody has already is no news`() throws {
        var claims = try claims(["10.7.0.9"])
        claims.note(address(9), mac: mac, on: 1, holders: [address(9): .interface(one)])
        #expect(claims.pauseNanoseconds == nil)
    }

    @Test func `a guest that names all of a block has so many of it`() throws {
        var claims = try claims(["10.7.0.0/16"])
        var holders: [IPAddress: AddressHolder] = [:]
        for number in 0..<2000 as Range<UInt32> { claims.note(address(number), mac: mac, on: 1, holders: holders) }
        holders = claims.takeDue()
        #expect(holders.count == AddressClaims.maximumPerInterface)
        for number in 2000..<4000 as Range<UInt32> { claims.note(address(number), mac: mac, on: 1, holders: holders) }
        #expect(claims.pauseNanoseconds == nil)
    }
}

@Suite struct LeaseBookTests {
    private func lease(_ name: String, _ number: UInt32) -> Lease {
        Lease(
            interface: Identifier(derivedFrom: name), address: IPAddress(ipv4: number), mac: MACAddress(bits: 2),
            server: IPAddress(ipv4: 1), expiresAt: 10)
    }

    @Test func `an interface has its last lease, and those before are counted still`() {
        var leases = Leases()
        for number in 0..<40 as Range<UInt32> { leases.take(lease("a", number)) }
        let id = Identifier<Interface>(derivedFrom: "a")
        #expect(leases.present == [id: IPAddress(ipv4: 39)])
        #expect(leases.counted[id]?.count == 16)
        leases.end(of: id)
        #expect(leases.present.isEmpty && leases.formerHolder(of: IPAddress(ipv4: 39)) == id)
    }

    @Test func `an address that another gets is his`() {
        var leases = Leases()
        leases.take(lease("a", 5))
        leases.take(lease("b", 5))
        #expect(leases.present == [Identifier(derivedFrom: "b"): IPAddress(ipv4: 5)])
        #expect(leases.counted[Identifier(derivedFrom: "a")] == nil)
        leases.keep([Identifier(derivedFrom: "a")])
        #expect(leases.all.isEmpty)
    }
}

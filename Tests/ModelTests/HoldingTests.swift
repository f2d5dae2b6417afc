import Testing

@testable import Model

/// Who has an address that several may use.
@Suite struct HoldingTests {
    private func id(_ name: String) -> Identifier<Interface> { Identifier(derivedFrom: name) }

    private func interface(
        _ name: String, _ address: String, prefixes: [String] = [], pairs: [AddressPair] = [], device: String? = "d"
    ) throws -> Interface {
        Interface(
            id: id(name), name: name, subnet: "s", addresses: [try #require(IPAddress(address))],
            prefixes: try prefixes.map { try IPPrefix(parsing: $0) }, pairs: pairs, mac: nil, device: device, groups: []
        )
    }

    private func pair(_ text: String, mac: UInt64? = nil, isShared: Bool = false) throws -> AddressPair {
        AddressPair(try IPPrefix(parsing: text), mac: mac.map { MACAddress(bits: $0) }, isShared: isShared)
    }

    /// What each interface has, as texts.
    private func held(_ interfaces: [Interface], _ claims: [String: AddressHolder] = [:]) throws -> [String: [String]] {
        let vpc = VPC(
            id: Identifier(derivedFrom: "v"), name: "v", prefixes: [], subnets: [], groups: [],
            instances: [Instance(id: Identifier(derivedFrom: "i"), name: "i", interfaces: interfaces)])
        let known = Dictionary(
            try claims.map { (try #require(IPAddress($0.key)), $0.value) }, uniquingKeysWith: { first, _ in first })
        let once = Policy(project: "p", vpcs: [vpc]).holding(known)
        #expect(once.holding() == once, "what is held is held")
        #expect(once.holding(known) == once, "what is held is held, whoever claims it")
        return Dictionary(
            once.vpcs[0].instances[0].interfaces.map {
                ($0.name, $0.allAddresses.map(\.description) + $0.allPrefixes.map(\.description))
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `an address in the pairs of one interface alone is that interface's`() throws {
        let found = try held([
            try interface("a", "10.0.0.1", pairs: [try pair("10.0.0.9")]), try interface("b", "10.0.0.2"),
        ])
        #expect(found == ["a": ["10.0.0.1", "10.0.0.9"], "b": ["10.0.0.2"]])
    }

    @Test func `an address in the pairs of two is nobody's until one claims it`() throws {
        let both = [
            try interface("a", "10.0.0.1", pairs: [try pair("10.0.0.9")]),
            try interface("b", "10.0.0.2", pairs: [try pair("10.0.0.9")]), try interface("c", "10.0.0.3"),
        ]
        #expect(try held(both) == ["a": ["10.0.0.1"], "b": ["10.0.0.2"], "c": ["10.0.0.3"]])
        #expect(try held(both, ["10.0.0.9": .interface(id("b"))])["b"] == ["10.0.0.2", "10.0.0.9"])
        #expect(try held(both, ["10.0.0.9": .elsewhere])["b"] == ["10.0.0.2"])
        // Whom no pair permits it is nobody.
        #expect(try held(both, ["10.0.0.9": .interface(id("c"))]) == held(both))
    }

    @Test func `an address that another host may use as well is had by who claims it`() throws {
        let one = [try interface("a", "10.0.0.1", pairs: [try pair("10.0.0.9", isShared: true)])]
        #expect(try held(one) == ["a": ["10.0.0.1"]])
        #expect(try held(one, ["10.0.0.9": .interface(id("a"))]) == ["a": ["10.0.0.1", "10.0.0.9"]])
    }

    @Test func `an owner keeps its address until another who may claims it`() throws {
        let both = [
            try interface("a", "10.0.0.1"), try interface("b", "10.0.0.2", pairs: [try pair("10.0.0.1")]),
        ]
        #expect(try held(both) == ["a": ["10.0.0.1"], "b": ["10.0.0.2"]])
        #expect(try held(both, ["10.0.0.1": .interface(id("b"))]) == ["a": [], "b": ["10.0.0.2", "10.0.0.1"]])
        #expect(try held(both, ["10.0.0.1": .elsewhere]) == held(both))
    }

    @Test func `an owner without a device gives way to the one who may use its address`() throws {
        let both = [
            try interface("port", "10.0.0.9", device: nil),
            try interface("b", "10.0.0.2", pairs: [try pair("10.0.0.9")]),
        ]
        #expect(try held(both) == ["port": [], "b": ["10.0.0.2", "10.0.0.9"]])
    }

    @Test func `a block is one interface's, or each of its addresses is claimed`() throws {
        let alone = [try interface("a", "10.0.0.1", pairs: [try pair("10.7.0.0/24")]), try interface("b", "10.0.0.2")]
        #expect(try held(alone)["a"] == ["10.0.0.1", "10.7.0.0/24"])
        let both = [
            try interface("a", "10.0.0.1", pairs: [try pair("10.7.0.0/24")]),
            try interface("b", "10.0.0.2", pairs: [try pair("10.7.0.0/16")]),
        ]
        #expect(try held(both) == ["a": ["10.0.0.1"], "b": ["10.0.0.2"]])
        let claimed = try held(both, ["10.7.0.5": .interface(id("b")), "10.8.0.5": .interface(id("b"))])
        #expect(claimed == ["a": ["10.0.0.1"], "b": ["10.0.0.2", "10.7.0.5"]])
    }

    @Test func `a claimed address of a block keeps the pair's MAC`() throws {
        let node = try interface("a", "10.0.0.1", pairs: [try pair("10.7.0.0/24", mac: 7, isShared: true)])
        let vpc = VPC(
            id: Identifier(derivedFrom: "v"), name: "v", prefixes: [], subnets: [], groups: [],
            instances: [Instance(id: Identifier(derivedFrom: "i"), name: "i", interfaces: [node])])
        let address = try #require(IPAddress("10.7.0.5"))
        let found = Policy(project: "p", vpcs: [vpc]).holding([address: .interface(node.id)])
        #expect(
            found.vpcs[0].instances[0].interfaces[0].sources.last
                == PermittedSource(IPPrefix(address), mac: MACAddress(bits: 7)))
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255"), ("10.1.2.3", "10.1.2.3"), ("0.0.0.0/0", "255.255.255.255"),
        ("fd00::/16", "fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ("fd00::/64", "fd00::ffff:ffff:ffff:ffff"),
        ("fd00::10/124", "fd00::1f"), ("fd00::1/128", "fd00::1"),
    ])
    func `a block ends with its last address`(block: String, last: String) throws {
        #expect(try IPPrefix(parsing: block).last.description == last)
    }
}

import Attribution
import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

@Suite struct SetNameTests {
    private static func names() throws -> Set<SetName> {
        var names = Set(SetName.lasting)
        for name in GoldenRulesetTests.names {
            names.formUnion(
                RulesetRenderer.render(try GoldenRulesetTests.plan(name), epoch: 3, generation: 0).sets.keys)
        }
        return names
    }

    @Test func `no two sets have one name in the kernel`() throws {
        let names = try Self.names()
        #expect(Set(names.map { "\($0.table) \($0.text)" }).count == names.count)
    }

    @Test func `a listed name is known again where it lasts`() throws {
        for name in try Self.names() {
            let isOfPorts = name.table == .ports
            let read =
                isOfPorts
                ? SetName(listedOfPorts: name.text, isMap: name.isMap) : SetName(listed: name.text, isMap: name.isMap)
            let unknown: SetName =
                isOfPorts
                ? .port(.unknown(name.text, isMap: name.isMap)) : .unknown(name.text, isMap: name.isMap)
            #expect(read == (SetName.lasting.contains(name) ? name : unknown))
        }
    }

    @Test func `whatever is kept over a load lasts`() throws {
        for name in try Self.names() where name.isKept { #expect(SetName.lasting.contains(name)) }
    }

    @Test func `a generation's half is the same two generations later`() {
        let set = CountingSet.coarseAtEdge
        #expect(SetName.counting(set, generation: 0) == SetName.counting(set, generation: 2))
        #expect(SetName.counting(set, generation: 0) != SetName.counting(set, generation: 1))
    }

    /// `nft list` of 1.0.6 aborts on more.
    @Test func `no key has more than five components`() throws {
        for name in try Self.names() { #expect(name.key.count <= 5, "\(name.text)") }
    }

    private static let address = IPAddress(ipv6High: 0xfd00_0000_0000_0001, low: 0x10)
    private static let elements: [(SetName, Ruleset.Element)] = [
        (.ports, .device("gh-a")), (.ports, .device("fifteen-letters")),
        (.sources(.ipv4), .joined(.device("gh-a"), .address(IPAddress(ipv4: 0x0a01_0203)))),
        (.sources(.ipv6), .joined(.device("gh-a"), .address(address))),
        (
            .sourcesWithMAC(.ipv4),
            .joined(.device("gh-a"), .mac(MACAddress(bits: 0x0200_0a01_010a)), .address(IPAddress(ipv4: 0x0a01_0203)))
        ), (.sourcesWithMAC(.ipv6), .joined(.device("gh-a"), .mac(MACAddress(bits: 0x02)), .address(address))),
        (.members(group: "web", .ipv6, epoch: 0), .address(address)),
        (.generation, .mark(0x0102_0304)),
    ]

    @Test(.kernel) func `the kernel's bytes of an element are those that its text made`() throws {
        let host = try TestHost("sn")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let table = RuleTable(.gatehouse, socket: socket)
        var ruleset = Ruleset()
        for (set, element) in Self.elements { ruleset.sets[set, default: [:]][element] = .nothing }
        try NftProgram(namespace: host.name).apply(ScriptWriter.script(from: nil, to: ruleset))
        for (set, wanted) in ruleset.sets {
            let found = try table.elements(of: set.text).map(\.key)
            #expect(Set(found) == Set(wanted.keys.map(\.key)), "\(set.text)")
            let texts = found.map { Ruleset.Element(kernelKey: $0, set.key).text }
            #expect(Set(texts) == Set(wanted.keys.map(\.text)), "\(set.text)")
        }
    }

    /// A key of every counting set, as the rule that updates it makes it.
    @Test(.kernel) func `each set's declared key is what its rules put into it`() throws {
        let host = try TestHost("sk")
        defer { host.remove() }
        var ruleset = Ruleset()
        ruleset.chains["counting"] = .init(
            CountingSet.all.map { set in
                let name = SetName.counting(set, .a)
                ruleset.sets[name] = [:]
                let key = set.columns
                return set.isPerPort ? [.lookup(key, name, isIn: true)] : [.update(name, key)]
            })
        try NftProgram(namespace: host.name).apply(ScriptWriter.script(from: nil, to: ruleset))
        let listing = TableListing(
            try TestHost.run("nft", "--stateless", "list", "table", "inet", "gatehouse", in: host.name))
        #expect(listing.chains["counting"]?.count == CountingSet.all.count)
    }
}

import Attribution
import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// A counting set more is an entry of the list: it is made in both generations, read, and emptied with the others.
@Suite(.serialized) struct FurtherCountingSetTests {
    private static let echoes = CountingSet("echoes_4", .extra, .ipv4, [.source(.ipv4), .target(.ipv4)])

    @Test(.kernel) func `a further counting set is made, read and emptied like the others`() throws {
        let host = try TestHost("cs")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(
            program: NftProgram(namespace: host.name), socket: socket, epoch: 0,
            countingSets: CountingSet.all + [Self.echoes])
        var indexes = RuleIndexes()
        _ = try enforcer.load(HostPlan(Shop.policy(), devices: [:], indexes: &indexes))
        for half in CountingSet.Half.allCases {
            try TestHost.run(
                "nft",
                "add element inet gatehouse \(Self.echoes.name(half)) "
                    + "{ 10.0.0.1 . 10.0.0.2 counter packets 3 bytes 300 }", in: host.name)
        }
        let closed = try enforcer.rotate()
        let counted = try enforcer.countedElements(of: Self.echoes, generation: closed)
        #expect(counted.map(\.traffic) == [Traffic(packets: 3, bytes: 300)])
        // The other generation is empty, now that rules would write into it.
        #expect(try enforcer.elements(of: .counting(Self.echoes, generation: closed + 1)).isEmpty)
        #expect(try enforcer.drift() != .found(Enforcer.tableIsGone))
    }
}

import Model
import TestSupport
import Testing

@testable import Registry

/// The order of enterprise rules: what is asked for, with as few rules moved as can be.
@Suite struct EnterpriseOrderTests {
    @Test(arguments: 0..<200 as Range<UInt64>) func `places rise in the order that is wanted`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var known: [String: Int64] = [:]
        var order: [String] = []
        for step in 0..<60 {
            let former = order
            let moved: String
            if order.isEmpty || random.chance(60) {
                moved = "r\(step)"
            } else {
                moved = order.remove(at: Int.random(in: order.indices, using: &random))
            }
            order.insert(moved, at: random.chance(50) ? 0 : Int.random(in: 0...order.count, using: &random))
            let places = SparsePlaces.places(of: order, known: known)
            #expect(places.count == order.count)
            #expect(order.sorted { places[$0] ?? 0 < places[$1] ?? 0 } == order)
            #expect(Set(places.values).count == order.count)
            // One that comes moves no other, one that goes elsewhere at most one, but where there is no room.
            let changed = former.count { places[$0] != known[$0] }
            let most = former.contains(moved) ? 1 : 0
            #expect(changed <= most || changed >= former.count - 1, "\(step): \(changed) of \(former.count)")
            known = places
        }
    }

    @Test func `room between two that runs out is made for all`() {
        var known: [String: Int64] = ["a": 1, "z": 2]
        let places = SparsePlaces.places(of: ["a", "m", "z"], known: known)
        #expect((places["a"] ?? 0) < (places["m"] ?? 0) && (places["m"] ?? 0) < (places["z"] ?? 0))
        known = places
        #expect(SparsePlaces.places(of: ["a", "m", "z"], known: known) == known)
    }

    @Test func `numbers are not used again, and edits of what a rule does begin an edition`() async throws {
        let test = try RegistryUnderTest()
        let draft = StoredEnterpriseRule.Draft(
            source: .init(.network, "10.0.0.0/8"), target: .init(.network, "10.1.0.0/16"), action: .block,
            transport: "tcp", ports: "23", description: "a")
        let first = try await test.change { try $0.addEnterpriseRules([draft, draft], at: .end, to: "p") }
        try await test.change { try $0.removeEnterpriseRules(first) }
        let second = try await test.change { try $0.addEnterpriseRules([draft], at: .end, to: "p") }
        #expect(first.map(\.number) == [1, 2] && second.map(\.number) == [3])
        let rule = second[0]
        var other = draft
        other.isEnabled = false
        try await test.change { [other] in try $0.updateEnterpriseRule(rule, to: other) }
        let off = try await test.registry.read { try StoredEnterpriseRule.all(of: "p", in: $0)[0] }
        #expect(off.recordID(.ingress) == rule.recordID(.ingress))
        other.ports = "24"
        try await test.change { [other] in try $0.updateEnterpriseRule(off, to: other) }
        let edited = try await test.registry.read { try StoredEnterpriseRule.all(of: "p", in: $0)[0] }
        #expect(edited.recordID(.ingress) != rule.recordID(.ingress) && edited.number == rule.number)
    }
}

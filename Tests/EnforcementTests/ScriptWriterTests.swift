import Attribution
import Model
import Testing

@testable import Enforcement

@Suite struct ScriptWriterTests {
    private static let members = SetName.members(group: "web", .ipv4, epoch: 0)
    private static func address(_ last: UInt32) -> Ruleset.Element { .address(IPAddress(ipv4: 0x0a00_0000 + last)) }

    private func lines(_ text: String?) -> [String] {
        (text ?? "").split(separator: "\n").map { String($0).replacing("inet gatehouse ", with: "") }
    }

    @Test func `a new table is sets, chains, rules and then elements`() {
        var ruleset = Ruleset()
        ruleset.sets[Self.members] = [Self.address(1): .nothing]
        ruleset.sets[.profileChains(.egress, epoch: 0)] = [.priority(0x4000_0000): .chain("list")]
        ruleset.chains["list"] = .init([[.isIn(Self.members, .source(.ipv4)), .accept], [.drop]])
        ruleset.add(.forward, [[.goto("list")]])
        #expect(
            lines(ScriptWriter.script(from: nil, to: ruleset)) == [
                "add table inet gatehouse",
                "add map egress_chains_0 { type classid : verdict; }",
                "add set members_4_web_0 { type ipv4_addr; }",
                "add chain forward { type filter hook forward priority filter - 10; policy accept; }",
                "add chain list",
                "add rule forward goto list",
                "add rule list ip saddr @members_4_web_0 accept",
                "add rule list drop",
                "add element egress_chains_0 { 4000:0 : jump list }",
                "add element members_4_web_0 { 10.0.0.1 }",
            ])
    }

    @Test func `what stays as it is is not written`() {
        var before = Ruleset()
        before.chains["same"] = .init([[.accept]])
        before.chains["other"] = .init([[.accept]])
        before.sets[Self.members] = [Self.address(1): .nothing, Self.address(2): .nothing]
        var next = before
        next.chains["other"] = .init([[.drop]])
        next.sets[Self.members] = [Self.address(2): .nothing, Self.address(3): .nothing]
        #expect(
            lines(ScriptWriter.script(from: before, to: next)) == [
                "add table inet gatehouse", "flush chain other", "add rule other drop",
                "delete element members_4_web_0 { 10.0.0.1 }", "add element members_4_web_0 { 10.0.0.3 }",
            ])
    }

    @Test func `a base chain that is not wanted is emptied at once`() {
        var before = Ruleset()
        before.add(.edge, [[.accept]])
        before.chains["list"] = .init([[.accept]])
        #expect(
            lines(ScriptWriter.script(from: before, to: Ruleset())) == ["add table inet gatehouse", "flush chain edge"])
    }

    @Test func `a chain with unknown rules is written anew even when it is wanted without any`() {
        var found = Ruleset()
        found.chains["list"] = .unknown(isBase: false)
        var wanted = Ruleset()
        wanted.chains["list"] = .init([])
        #expect(
            lines(ScriptWriter.script(from: found, to: wanted)) == ["add table inet gatehouse", "flush chain list"])
    }

    @Test func `an element that leads elsewhere is deleted and added`() {
        let map = SetName.edgesLeft(epoch: 0)
        var before = Ruleset()
        before.sets[map] = [.device("gh-a"): .chain("one")]
        before.chains = ["one": .init([]), "two": .init([])]
        var next = before
        next.sets[map] = [.device("gh-a"): .chain("two")]
        #expect(
            lines(ScriptWriter.script(from: before, to: next)).suffix(2) == [
                "delete element edge_egress_0 { \"gh-a\" }", "add element edge_egress_0 { \"gh-a\" : jump two }",
            ])
    }

    @Test func `long lists of elements are cut into lines of a thousand`() {
        var ruleset = Ruleset()
        ruleset.sets[Self.members] = Dictionary(
            uniqueKeysWithValues: (1...2001).map { (Self.address($0), .nothing) })
        let added = lines(ScriptWriter.script(from: nil, to: ruleset)).filter { $0.hasPrefix("add element") }
        #expect(added.map { $0.split(separator: ",").count } == [1000, 1000, 1])
    }

    @Test func `cleaning up empties maps and chains before it deletes them`() {
        var old = Ruleset()
        old.sets[.edgesLeft(epoch: 0)] = [:]
        old.sets[Self.members] = [:]
        old.chains["list"] = .init([])
        #expect(
            lines(ScriptWriter.cleanUp(old, Ruleset())) == [
                "flush map edge_egress_0", "flush chain list", "delete map edge_egress_0", "delete set members_4_web_0",
                "delete chain list",
            ])
    }

    @Test func `cleaning up takes the elements that lingered`() {
        let chains = SetName.profileChains(.egress, epoch: 0)
        var old = Ruleset()
        old.sets[chains] = [.priority(1): .chain("one"), .priority(2): .chain("two")]
        var next = Ruleset()
        next.sets[chains] = [.priority(2): .chain("two")]
        #expect(lines(ScriptWriter.script(from: old, to: next)) == ["add table inet gatehouse"])
        #expect(lines(ScriptWriter.cleanUp(old.names, next)) == ["delete element egress_chains_0 { 0:1 }"])
    }

    @Test func `nothing to clean up is no script`() {
        var ruleset = Ruleset()
        ruleset.chains["list"] = .init([])
        #expect(ScriptWriter.cleanUp(ruleset, ruleset) == nil)
    }

    @Test func `replacing chains writes nothing else`() {
        let chains = ["b": Ruleset.Chain([[.drop]]), "a": .init([[.transport(.tcp), .accept], [.return]])]
        #expect(
            lines(ScriptWriter.replace(chains)) == [
                "flush chain a", "add rule a meta l4proto 6 accept", "add rule a return", "flush chain b",
                "add rule b drop",
            ])
    }

    @Test func `hooks are said again for chains that are there`() {
        var wanted = Ruleset()
        wanted.add(.forward, [])
        wanted.add(.guard, [])
        var found = Ruleset()
        found.chains["guard"] = .unknown(isBase: true)
        #expect(
            lines(ScriptWriter.hooks(of: wanted, in: found))
                == ["add chain guard { type filter hook prerouting priority raw; policy accept; }"])
    }

    @Test func `renewed elements begin at zero in one step`() {
        let set = SetName.counting(.overflow(.refused, .egress), .a)
        #expect(
            ScriptWriter.renew([.device("gh-a")], in: set).map { $0.replacing("inet gatehouse ", with: "") } == [
                "delete element overflow_drop_egress_a { \"gh-a\" }", "add element overflow_drop_egress_a { \"gh-a\" }",
            ])
        #expect(ScriptWriter.renew([], in: set).isEmpty)
    }
}
